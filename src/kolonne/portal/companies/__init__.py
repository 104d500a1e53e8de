"""Companies as tenants: their people in roles, and the keys of their programs.

Words: *tenant* (the bare id of a company, readable by all, so that jobs can walk companies), *membership* (a person
in a company), *role* (what the person is there: company administrator, fleet manager, driver).
"""
