"""The vehicle management tool: where vans are, how they are, and what can be asked of them.

Words: a van's *condition* is the one state under which it is shown (needs you, moving, charging, standing, no
contact) with a sentence that says it in words; a *problem* is something about it that needs a person; the *diary*
tells what changed on a van; an *offer* is a command that its page shows as a button.
"""
