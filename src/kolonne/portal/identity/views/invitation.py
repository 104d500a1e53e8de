from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from kolonne.portal.identity import links
from kolonne.portal.identity.actions import invitations
from kolonne.portal.identity.forms.own_password import InvitationForm
from kolonne.portal.identity.queries import himself
from kolonne.portal.lib.address import client_address


@links.keep_address_private
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the invitation: who invites, and the password that makes the account one's own."""
    try:
        user = links.user_of(invitations.PURPOSE, token, invitations.LIFETIME)
        form = InvitationForm(request.POST or None, user=user, initial={"language": user.language})
        if request.method == "POST" and form.is_valid():
            facts = form.cleaned_data
            invitations.accept(
                actor=himself(user, client_address(request)),
                token=token,
                password=facts["password1"],
                language=facts["language"],
            )
            logout(request)
            return redirect("invitation_accepted")
    except links.LinkError as error:
        reason = links.REASONS[type(error)]
        status = 404 if reason == "broken" else 410
        return render(request, "identity/invitation_refused.html", {"reason": reason}, status=status)
    context = {"form": form, "person": user, "invitation": invitations.invitation_of(user)}
    return render(request, "identity/invitation_accept.html", context)


@require_GET
def accepted(request: HttpRequest) -> HttpResponse:
    return render(request, "identity/invitation_accepted.html")
