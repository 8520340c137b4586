"""What can be wrong with proofs of identity and tokens."""

from hub.sdk import HubError, Recovery


class TokenRefusedError(HubError):
    """The server's token endpoint does not know the hub, or does not believe it."""

    code = "FHIR-060"
    summary = "The token endpoint refuses the hub"
    remedy = "Check client_id, key_id, scope, and that the server has the public key"
    recovery = Recovery.RETRY


class BadTokenAnswerError(HubError):
    """The token endpoint answered with something that is no token."""

    code = "FHIR-061"
    summary = "What the token endpoint answers is no token"
    remedy = "Check token_url; an answer must be JSON with a bearer token"
    recovery = Recovery.RETRY


class AssertionRefusedError(HubError):
    """A client's proof of identity does not hold; the detail says which part."""

    code = "FHIR-073"
    summary = "The client's assertion is not accepted"
    remedy = "Compare its alg, kid, iss, sub, aud, exp and jti with the settings"


class ScopeRefusedError(HubError):
    """A client asks for what it was not granted, or for what there is not."""

    code = "FHIR-074"
    summary = "None of the scopes that were asked for is granted"
    remedy = "Ask for scopes of the client's table, such as system/Task.rs"


class KeysUnreadableError(HubError):
    """The file of a client's public keys cannot be used."""

    code = "FHIR-082"
    summary = "The public keys of a client cannot be read"
    remedy = "Put a JSON Web Key Set with RSA or EC P-384 keys at jwks_file"
    recovery = Recovery.RETRY
