"""What is said in care management: needs, risks, tasks, contacts, consents.

`models` say what may stand in a statement of each kind, `reading` makes facts of
statements, and `schema` describes them to whoever writes some. Source: domain 1.1,
8.4 and 9.3.
"""
