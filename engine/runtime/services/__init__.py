"""runtime/services"""
