"""Every refusal of this service; the reasons are catalogued in `loupe/auth/v1/error_reason.proto`."""

from __future__ import annotations

from loupe_kit.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)


class InvalidCredentials(Unauthenticated):
    """Address or password is wrong; which of them is not told."""

    reason = "INVALID_CREDENTIALS"


class AccountDisabled(PermissionDenied):
    """The password is right, but an administrator disabled the account."""

    reason = "ACCOUNT_DISABLED"


class TooManyAttempts(ResourceExhausted):
    """A limit that slows guessing; carries how long to wait."""

    reason = "TOO_MANY_ATTEMPTS"


class PasswordTooWeak(InvalidArgument):
    """The password breaks a rule."""

    reason = "PASSWORD_TOO_WEAK"


class CurrentPasswordWrong(InvalidArgument):
    """The password given as the present one is not."""

    reason = "CURRENT_PASSWORD_WRONG"


class EmailDomainNotAllowed(InvalidArgument):
    """The operator limits sign-up to other mail domains."""

    reason = "EMAIL_DOMAIN_NOT_ALLOWED"


class EmailTaken(AlreadyExists):
    """The address was verified in another sign-up meanwhile."""

    reason = "EMAIL_TAKEN"


class VerificationCodeWrong(InvalidArgument):
    """Not the mailed code."""

    reason = "VERIFICATION_CODE_WRONG"


class VerificationNotUsable(FailedPrecondition):
    """The verification is used, expired, out of guesses or unknown."""

    reason = "VERIFICATION_NOT_USABLE"


class RefreshTokenInvalid(Unauthenticated):
    """No such refresh token, or it has expired."""

    reason = "REFRESH_TOKEN_INVALID"


class RefreshTokenReused(Unauthenticated):
    """The refresh token had been exchanged before; its session was ended."""

    reason = "REFRESH_TOKEN_REUSED"


class SessionEnded(Unauthenticated):
    """The session was ended by sign-out, password change or its absolute end."""

    reason = "SESSION_ENDED"


class SessionNotFound(NotFound):
    """No such session of the caller."""

    reason = "SESSION_NOT_FOUND"


class UserNotFound(NotFound):
    """No such person."""

    reason = "USER_NOT_FOUND"


class DepartmentNotFound(NotFound):
    """No such department."""

    reason = "DEPARTMENT_NOT_FOUND"


class DepartmentNameTaken(AlreadyExists):
    """Another department has this name."""

    reason = "DEPARTMENT_NAME_TAKEN"


class DepartmentNotEmpty(FailedPrecondition):
    """People belong to the department."""

    reason = "DEPARTMENT_NOT_EMPTY"


class AdministratorRequired(PermissionDenied):
    """Only administrators may do this."""

    reason = "ADMINISTRATOR_REQUIRED"


class LastAdministrator(FailedPrecondition):
    """Nobody else is an active administrator."""

    reason = "LAST_ADMINISTRATOR"


class MembershipRequestNotFound(NotFound):
    """No such request among those that the caller may decide on, or it was decided."""

    reason = "MEMBERSHIP_REQUEST_NOT_FOUND"


class ApiKeyNotFound(NotFound):
    """No such key among those that the caller may manage."""

    reason = "API_KEY_NOT_FOUND"


class ApiKeyInvalid(Unauthenticated):
    """The key is unknown, wrong, expired or revoked, or its owner is disabled."""

    reason = "API_KEY_INVALID"


class ApiKeyLimit(ResourceExhausted):
    """The person has as many working keys as permitted."""

    reason = "API_KEY_LIMIT"


class ApiKeyNotActive(FailedPrecondition):
    """The key is revoked or expired."""

    reason = "API_KEY_NOT_ACTIVE"


class OidcNotConfigured(FailedPrecondition):
    """This installation has no identity provider."""

    reason = "OIDC_NOT_CONFIGURED"


class OidcFlowInvalid(Unauthenticated):
    """The answer belongs to another browser, comes too late or was used."""

    reason = "OIDC_FLOW_INVALID"


class OidcRefused(Unauthenticated):
    """The identity provider refused."""

    reason = "OIDC_REFUSED"


class OidcTokenInvalid(Unauthenticated):
    """The token of the identity provider does not hold."""

    reason = "OIDC_TOKEN_INVALID"


class OidcEmailNotVerified(PermissionDenied):
    """The identity provider does not vouch for the e-mail address."""

    reason = "OIDC_EMAIL_NOT_VERIFIED"


class OidcProviderUnavailable(Unavailable):
    """The identity provider does not answer."""

    reason = "OIDC_PROVIDER_UNAVAILABLE"


class EtagMismatch(Aborted):
    """The resource changed since its etag was read."""

    reason = "ETAG_MISMATCH"
