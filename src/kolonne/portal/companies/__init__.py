"""Organisations as tenants: fleet companies, dealers, workshops, operators; their people in roles, what these may do
where, and the keys of their programs.

Words: *tenant* (what everybody's jobs may know of an organisation: id, kind, market), *membership* (a person in a
company), *role* (what the person is there), *grant* (access rights to an application), *helper* (who may reset other
people's sign-in: administrators, market administrators, support agents), *partner* (the dealer that serves a company).
"""
