"""Help that cannot be abused: whoever helps acts in a company only after its user gave him the support password.

Words: *support password* (a person's own, for telling a helper), *support code* (eight digits that do the same once),
*acting for* (a helper works in a company in a user's name: 60 minutes, both names in the audit, a banner on the user's
screen that ends it with one click).
"""
