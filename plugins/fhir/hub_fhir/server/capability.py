"""What the server can do, as it says itself. Pure. Source: R4, section 5.2."""

from typing import Any

from hub_fhir.rendering.data.systems import SERVICE_REQUEST_PROFILE, TASK_PROFILE

_DATE = "2026-03-01"
_SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_MESSAGE = "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message"
_SEARCHES = (
    ("_id", "token"),
    ("_lastUpdated", "date"),
    ("status", "token"),
    ("owner", "reference"),
)


def capability(address: str, token_url: str, software: str) -> dict[str, Any]:
    """Return the CapabilityStatement of a server at `address`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _DATE,
        "kind": "instance",
        "software": {"name": "Carehub", "version": software},
        "implementation": {"description": "Referrals of a hub", "url": address},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(token_url),
                "resource": [_task(), _request()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [{"name": "process-message", "definition": _MESSAGE}],
            }
        ],
    }


def _security(token_url: str) -> dict[str, Any]:
    uris = [{"url": "token", "valueUri": token_url}]
    return {
        "extension": [{"url": _OAUTH, "extension": uris}],
        "service": [{"coding": [{"system": _SMART, "code": "SMART-on-FHIR"}]}],
    }


def _task() -> dict[str, Any]:
    return {
        "type": "Task",
        "supportedProfile": [TASK_PROFILE],
        "interaction": [
            {"code": each} for each in ("read", "create", "update", "search-type")
        ],
        "versioning": "versioned-update",
        "updateCreate": False,
        "searchInclude": ["*"],
        "searchParam": [{"name": name, "type": kind} for name, kind in _SEARCHES],
    }


def _request() -> dict[str, Any]:
    return {
        "type": "ServiceRequest",
        "supportedProfile": [SERVICE_REQUEST_PROFILE],
        "interaction": [{"code": "read"}, {"code": "create"}],
        "versioning": "versioned",
    }


def smart(address: str, token_url: str) -> dict[str, Any]:
    """Return the SMART configuration. Source: SMART App Launch 2.2, Conformance."""
    return {
        "issuer": address,
        "token_endpoint": token_url,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": ["system/Task.crus", "system/ServiceRequest.cru"],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }
