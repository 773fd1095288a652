"""runtime/jobs"""
