"""The program `kolonne signer`: the only one that holds the key which vans obey.

It decides once more whether a command may go (products, module, PIN, number of openings), signs it, commits, and only
then publishes it; it listens to the vans' signed answers and says when waiting is over. It may die at any moment:
what was signed is stored with its number before anybody hears of it, so it is resent and never signed twice, and a
van executes a number once.

`store` holds the SQL, `decide` the rules, `reply` what an answer must prove, `dispatcher` the work on one command,
`main` the loops. Its database role can write nothing but the life of commands.
"""
