"""kinds/steps"""
