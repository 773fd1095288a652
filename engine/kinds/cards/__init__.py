"""kinds/cards"""
