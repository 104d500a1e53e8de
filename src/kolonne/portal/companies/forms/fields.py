from kolonne.portal.lib.forms import LineField

__all__ = ["LineField"]
