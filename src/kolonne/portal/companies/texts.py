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
    "no_organisation": gettext_lazy("You belong to no organisation: you can delete your account yourself."),
    "not_asked": gettext_lazy("You have not asked to be deleted, or took it back already."),
    "already_invited": gettext_lazy(
        "This address is invited already. Send that invitation again, or take it back first to change its roles."
    ),
    "too_many_invitations": gettext_lazy(
        "Too many invitations were sent today, to this address or from your company. Try again tomorrow."
    ),
    "answered": gettext_lazy("The invitation was accepted or taken back meanwhile."),
    "leaving": gettext_lazy("The company is being deleted: nobody can be invited any more."),
    "unverified": gettext_lazy("Your company is not verified by a dealer yet: until then nobody can be invited."),
    "site_exists": gettext_lazy("There is a site of this name already. Choose another name."),
    "too_many_sites": gettext_lazy("The company has as many sites as can be kept. Remove one first."),
    "changed_meanwhile": gettext_lazy("Somebody else changed this meanwhile. Open the page again and look."),
    "already_member": gettext_lazy("This person belongs to the organisation already."),
    "incomplete": gettext_lazy("Give your first name, last name and date of birth first: the dealer compares them."),
    "too_many_codes": gettext_lazy("You made many codes in a short time. Use the last one, or wait an hour."),
    "other_market": gettext_lazy("This code belongs to a company of another market. A dealer there can verify it."),
    "other_dealer": gettext_lazy("Another dealer opened this case already. The customer can make a new code."),
    "closed_case": gettext_lazy("This code was used or replaced by a newer one. The customer can make a new code."),
    "expired_case": gettext_lazy("This code is too old. The customer can make a new one."),
    "own_case": gettext_lazy("Nobody verifies himself or a company to which he belongs. A colleague does it."),
    "own_people": gettext_lazy("This person works for you. Another dealer, or the support of your country, does it."),
    "no_administrator": gettext_lazy(
        "The person of this case does not administer the company any more. Another administrator makes a new code."
    ),
    "company_leaving": gettext_lazy("This company is being deleted: there is nothing to verify any more."),
    "case_changed": gettext_lazy(
        "The customer's data were changed meanwhile. You see the new ones now: please compare them again."
    ),
    "number_taken": gettext_lazy(
        "A verified company of this market has this register or VAT number. If it is the same firm, one of its "
        "administrators can invite this person; if nobody there can sign in any more, its dealer can recover it. The "
        "administrators of both accounts can also merge them. If it is another firm, refuse this company."
    ),
    "unfit_decision": gettext_lazy("Something changed meanwhile. Look at the page again and say what you found."),
    "same_person": gettext_lazy("You did the first check yourself: the second is somebody else's."),
    "other_findings": gettext_lazy(
        "Your findings are not those of the first check. Compare again, or reject the first check."
    ),
    "unfit_document": gettext_lazy(
        "Nobody with these data can be found. Compare user id, name and date of birth with the document, and look "
        "whether it is still valid."
    ),
    "merge_same": gettext_lazy("This is the company itself. Enter the code of another one."),
    "merge_market": gettext_lazy("The companies belong to different countries: they cannot be merged."),
    "merge_kind": gettext_lazy("Only companies that run vans can be merged."),
    "merge_unverified": gettext_lazy("A dealer has to verify both companies first."),
    "merge_leaving": gettext_lazy("One of the companies is being deleted: it cannot be merged."),
    "merge_runs": gettext_lazy("Another merge of one of these companies is under way. Wait until it is done."),
    "merge_over": gettext_lazy("This merge was stopped, or is under way already."),
    "merge_not_asked": gettext_lazy("An administrator of the company that goes has to confirm first."),
    "merge_clash": gettext_lazy("Both companies have something that one company can have only once."),
    "not_orphaned": gettext_lazy("Somebody who can sign in administers this company: ask there."),
    "recovery_runs": gettext_lazy("A recovery of this company waits already."),
    "recovery_over": gettext_lazy("This recovery is over already."),
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
