"""Who did what, when and from where; tamper-evident, readable by those concerned (NF-06).

Entries hold ids and labels and no foreign keys, so that they survive what they speak of. Each company's entries form
a chain: every entry carries the hash of the one before.
"""
