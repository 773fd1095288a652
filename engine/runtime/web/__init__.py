"""runtime/web"""
