"""What is bought decides what is collected: products, their services, and which van has which (PR-02, VH-03, VH-04).

Words: *service* (signals that may be collected and commands that may be sent), *product* (services sold together),
*assignment* (a product for a van, from and to), *profile* (the union of a van's active services, which its module,
ingest and the command signer obey).
"""
