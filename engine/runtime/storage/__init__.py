"""All SQL execution. Gives records, balances and queries to the services; knows no rules of the app's actions."""
