"""What can go wrong with a command."""

from hub.errors import HubError, Recovery


class NoConfigurationError(HubError):
    """No configuration was named, and there is none where one is expected."""

    code = "CLI-001"
    summary = "There is no configuration"
    remedy = "Name one with --config or HUB_CONFIG, or write config/hub.toml"
    recovery = Recovery.STOP


class UnknownCodeError(HubError):
    """A code that no error has."""

    code = "CLI-002"
    summary = "No error has this code"
    remedy = "`hub errors` lists all codes"
    recovery = Recovery.REJECT


class HubUnreachableError(HubError):
    """A hub owns the data folder, but its admin API does not answer."""

    code = "CLI-003"
    summary = "The hub is running, but its admin API does not answer"
    remedy = "Use the configuration that the hub was started with, with a fixed port"
    recovery = Recovery.RETRY


class ApiRefusedError(HubError):
    """The running hub refused what a command asked of it."""

    code = "CLI-004"
    summary = "The running hub refused the request"
    remedy = "`hub errors` explains the code of the hub's own error, too"
    recovery = Recovery.REJECT


class CommandFailedError(HubError):
    """A defect of the command. Its text is not shown: it may quote content."""

    code = "CLI-005"
    summary = "The command failed"
    remedy = "Report the type and the place of the failure: it is a defect of the hub"
    recovery = Recovery.STOP


class HubNeededError(HubError):
    """Something was asked for where no hub runs that could carry it out."""

    code = "CLI-012"
    summary = "This needs a running hub, and none answers"
    remedy = "Start the hub, and use its configuration, with a fixed port"
    recovery = Recovery.RETRY


class DecidedOtherwiseError(HubError):
    """Somebody decided on the same identities before."""

    code = "CLI-013"
    summary = "Somebody decided on these before"
    remedy = "Look at what was decided with `hub reviews show`; --again decides anew"
    recovery = Recovery.REJECT


class FactsRefusedError(HubError):
    """The running hub refused facts, and said what is wrong with them."""

    code = "CLI-020"
    summary = "The hub takes none of these facts"
    remedy = "Correct what is listed; `hub facts schema` prints their form"
    recovery = Recovery.REJECT
