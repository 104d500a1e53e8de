"""What commands say of a person who is erased (CO-11). That a van was opened stays, by "person 7"."""

from django.db import connection

from kolonne.portal.identity.actions.traces import Gone


def forget_who_asked(gone: Gone, company_id: int) -> None:
    """The application has no right to change who asked; a function of the database does it for deleted accounts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT commands_forget_person(%s, %s)", [company_id, gone.user_id])
