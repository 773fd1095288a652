"""runtime/storage"""
