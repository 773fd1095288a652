"""kinds/actions"""
