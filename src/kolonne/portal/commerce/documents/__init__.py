"""Papers for a company's books: contracts as they were in each generation, and monthly invoices (PR-04, PR-07, CO-02).

What a paper says is read here from the database; `lib.documents` draws it afterwards.
"""
