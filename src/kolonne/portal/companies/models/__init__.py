"""Organisations, their people, and what becomes of both."""

from kolonne.portal.companies.models.account import Channel, CompanyVersion, Invitation, Site
from kolonne.portal.companies.models.leaving import CompanyExport, ExportState, Leaving
from kolonne.portal.companies.models.merging import Merge
from kolonne.portal.companies.models.organisations import (
    ROLES,
    STRONG_ROLES,
    AccessRequest,
    ApiKey,
    ApplicationGrant,
    Company,
    Kind,
    Membership,
    Role,
    Tenant,
)
from kolonne.portal.companies.models.verification import Document, Recovery, VerificationCase

__all__ = [
    "ROLES",
    "STRONG_ROLES",
    "AccessRequest",
    "ApiKey",
    "ApplicationGrant",
    "Channel",
    "Company",
    "CompanyExport",
    "CompanyVersion",
    "Document",
    "ExportState",
    "Invitation",
    "Kind",
    "Leaving",
    "Membership",
    "Merge",
    "Recovery",
    "Role",
    "Site",
    "Tenant",
    "VerificationCase",
]
