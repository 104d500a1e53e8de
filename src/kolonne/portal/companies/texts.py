"""The words for what user management does to people, translated where they are shown."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REFUSALS = {
    "user_exists": gettext_lazy("This user id is taken. Choose another one."),
    "email_exists": gettext_lazy(
        "This address is taken. A Kolonne ID that exists cannot be created again or taken over: use another address, "
        "or ask the support of your market."
    ),
    "invalid_email": gettext_lazy("This is no e-mail address. It looks like name@example.com."),
    "unfit_role": gettext_lazy("Choose at least one role that this kind of organisation has."),
    "no_second_factor": gettext_lazy("This person has no second factor: nothing was to be reset."),
    "last_administrator": gettext_lazy(
        "This is the last administrator of the organisation. Make somebody else administrator first."
    ),
    "wrong_state": gettext_lazy("The account is in another state by now. Look at the person's page again."),
    "own_role": gettext_lazy("You cannot change your own roles: another administrator does that."),
    "not_locked": gettext_lazy("The account is not locked: nothing was to be reset."),
    "not_accepted": gettext_lazy("The invitation was not accepted yet. Send it again instead."),
    "same_roles": gettext_lazy("These are the roles that the person has already."),
    "only_membership": gettext_lazy(
        "The account belongs to nothing else. Delete the person instead, or block the account."
    ),
    "already_answered": gettext_lazy("Another helper answered this request already."),
    "nobody_found": gettext_lazy("Nobody has this user id or this address: there is nothing to reset."),
    "site_exists": gettext_lazy("There is a site of this name already. Choose another name."),
    "too_many_sites": gettext_lazy("The company has as many sites as can be kept. Remove one first."),
    "already_invited": gettext_lazy(
        "This address is invited already. Send that invitation again, or take it back first to change its roles."
    ),
    "too_many_invitations": gettext_lazy(
        "Too many invitations were sent today, to this address or from your company. Try again tomorrow."
    ),
    "answered": gettext_lazy("The invitation was accepted or taken back meanwhile."),
    "leaving": gettext_lazy("The company is being deleted: nobody can be invited any more."),
    "unverified": gettext_lazy("Your company is not verified by a dealer yet: until then nobody can be invited."),
    "already_member": gettext_lazy("This person belongs to the organisation already."),
}


def of_refusal(code: str, text: str) -> str:
    """The reader's words for a refusal."""
    return str(REFUSALS.get(code, "")) or text


def of_factor(kind: str) -> str:
    """The words for a kind of second factor."""
    names = {
        "totp": _("Authenticator app"),
        "webauthn": _("Passkey or security key"),
        "recovery_codes": _("Recovery codes"),
    }
    return names.get(kind, kind)


def of_field(name: str) -> str:
    """The words for a field of a request for help, for those who answer it."""
    names = {
        "user_id_given": _("User id"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("E-mail address"),
        "company_name": _("Company"),
        "company_address": _("Address"),
    }
    return names[name]
