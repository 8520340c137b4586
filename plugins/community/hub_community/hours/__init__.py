"""When services are open: from schedules and free text to one kind of rules.

`building` makes rules of the schedules of a record, `free_text` of what people wrote;
`clock`, `weekdays` and `zones` read the pieces. What follows from rules at a moment is
the hub's business.
"""
