"""One function per verb, `tx` first. Every door (page, API, import, job, test) calls the same functions."""
