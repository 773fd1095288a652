"""kinds/fields"""
