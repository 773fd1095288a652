"""The expression language: one meaning (Python), two more interpreters (SQL, browser) that agree with it."""
