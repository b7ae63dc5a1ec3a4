"""The fixture's asking part: what a server asks of its client, in the ways of both eras, and schemas of every shape."""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)
from pydantic import Field

OPTIONS = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{n}", "title": f"{name} Option"} for n, name in enumerate(("First", "Second", "Third"), 1)]
DEFAULTS = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
ENUMS = {
    "untitledSingle": {"type": "string", "enum": OPTIONS},
    "titledSingle": {"type": "string", "oneOf": TITLED},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
}
RICH_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def add_to(server: MCPServer[Any]) -> None:
    """Register all of it."""
    _add_handshake_era(server)
    _add_one_round(server)
    _add_capabilities(server)
    _add_more_rounds(server)
    _add_schemas(server)


def _form(message: str, **properties: dict[str, Any]) -> ElicitRequest:
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, most: int = 100) -> CreateMessageRequest:
    said = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[said], max_tokens=most))


def _name_of(ctx: Context[Any, Any], key: str, field: str) -> str | None:
    given = (ctx.input_responses or {}).get(key)
    value = (given.content or {}).get(field) if isinstance(given, ElicitResult) else None
    return value if isinstance(value, str) else None


def _add_handshake_era(server: MCPServer[Any]) -> None:
    @server.tool(structured_output=False)
    async def test_sampling(prompt: str, ctx: Context[Any, Any]) -> str:
        """Asks for a completion."""
        said = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
        got = await ctx.session.create_message([said], max_tokens=100, related_request_id=ctx.request_id)
        return f"LLM response: {got.content.text if isinstance(got.content, TextContent) else got.content}"

    async def ask(ctx: Context[Any, Any], message: str, schema: dict[str, Any], required: list[str]) -> ElicitResult:
        whole = {"type": "object", "properties": schema, "required": required}
        return await ctx.session.elicit_form(message, whole, related_request_id=ctx.request_id)

    @server.tool(structured_output=False)
    async def test_elicitation(message: str, ctx: Context[Any, Any]) -> str:
        """Asks for two fields."""
        schema = {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        }
        got = await ask(ctx, message, schema, [*schema])
        return f"User response: action={got.action}, content={got.content}"

    @server.tool(structured_output=False)
    async def test_elicitation_sep1034_defaults(ctx: Context[Any, Any]) -> str:
        """Asks with defaults."""
        got = await ask(ctx, "Please review", DEFAULTS, [])
        return f"Elicitation completed: action={got.action}, content={got.content}"

    @server.tool(structured_output=False)
    async def test_elicitation_sep1330_enums(ctx: Context[Any, Any]) -> str:
        """Asks with every kind of choice."""
        got = await ask(ctx, "Please choose", ENUMS, [])
        return f"Elicitation completed: action={got.action}, content={got.content}"


def _add_one_round(server: MCPServer[Any]) -> None:
    asks_name = _form("What is your name?", name={"type": "string"})

    @server.tool(structured_output=False)
    async def test_input_required_result_elicitation(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks a name."""
        name = _name_of(ctx, "user_name", "name")
        return InputRequiredResult(input_requests={"user_name": asks_name}) if name is None else f"Hello, {name}!"

    @server.tool(structured_output=False)
    async def test_streaming_elicitation(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """The same, by another name."""
        return await test_input_required_result_elicitation(ctx)

    @server.tool(structured_output=False)
    async def test_input_required_result_sampling(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks for a completion."""
        given = (ctx.input_responses or {}).get("capital_question")
        if not isinstance(given, CreateMessageResult):
            return InputRequiredResult(input_requests={"capital_question": _sample("What is the capital of France?")})
        return given.content.text if isinstance(given.content, TextContent) else "no text"

    @server.tool(structured_output=False)
    async def test_input_required_result_list_roots(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks for roots."""
        given = (ctx.input_responses or {}).get("client_roots")
        if not isinstance(given, ListRootsResult):
            return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
        return f"Roots: {', '.join(str(root.uri) for root in given.roots)}"


def _add_capabilities(server: MCPServer[Any]) -> None:
    asks_name = _form("What is your name?", name={"type": "string"})

    @server.tool(structured_output=False)
    async def test_input_required_result_capabilities(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks only what the client said it can answer."""
        can, asked = ctx.client_capabilities, {}
        if can is not None and can.elicitation is not None:
            asked["user_name"] = asks_name
        if can is not None and can.sampling is not None:
            asked["greeting"] = _sample("Generate a greeting")
        return InputRequiredResult(input_requests=asked) if asked and not ctx.input_responses else "Done"

    @server.tool(structured_output=False)
    async def test_missing_capability(ctx: Context[Any, Any]) -> str:
        """Refuses clients that cannot sample."""
        can = ctx.client_capabilities
        if can is None or can.sampling is None:
            needed = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "sampling is needed", needed)
        return "Done"

    @server.prompt()
    async def test_input_required_result_prompt(ctx: Context[Any, Any]) -> list[UserMessage] | InputRequiredResult:
        """Asks before it says anything."""
        context = _name_of(ctx, "user_context", "context")
        if context is None:
            asked = _form("What context should the prompt use?", context={"type": "string"})
            return InputRequiredResult(input_requests={"user_context": asked})
        return [UserMessage(content=TextContent(type="text", text=f"Use this context: {context}"))]


def _add_more_rounds(server: MCPServer[Any]) -> None:
    @server.tool(structured_output=False)
    async def test_input_required_result_request_state(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Gives a state to carry."""
        if ctx.request_state == "asked" and ctx.input_responses:
            return "state-ok"
        return InputRequiredResult(
            input_requests={"confirm": _form("Please confirm", ok={"type": "boolean"})}, request_state="asked"
        )

    @server.tool(structured_output=False)
    async def test_input_required_result_tampered_state(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """The same; the SDK seals the state, and refuses one that was tampered with."""
        return await test_input_required_result_request_state(ctx)

    @server.tool(structured_output=False)
    async def test_input_required_result_multiple_inputs(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks three things at once."""
        asked = {
            "user_name": _form("What is your name?", name={"type": "string"}),
            "greeting": _sample("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        }
        if ctx.request_state == "asked" and asked.keys() <= (ctx.input_responses or {}).keys():
            return "All answered"
        return InputRequiredResult(input_requests=asked, request_state="asked")

    @server.tool(structured_output=False)
    async def test_input_required_result_multi_round(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks twice, one after the other."""
        if ctx.request_state == "named" and ctx.input_responses:
            return "Both answered"
        if ctx.request_state == "begun" and ctx.input_responses:
            second = _form("Step 2: What is your favorite color?", color={"type": "string"})
            return InputRequiredResult(input_requests={"step2": second}, request_state="named")
        first = _form("Step 1: What is your name?", name={"type": "string"})
        return InputRequiredResult(input_requests={"step1": first}, request_state="begun")


def _add_schemas(server: MCPServer[Any]) -> None:
    @server.tool(structured_output=False)
    def test_custom_headers(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
        priority: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Priority"})] = 0,
    ) -> str:
        """Takes arguments that headers repeat."""
        return f"{region} {priority}"

    @server.tool(structured_output=False)
    def json_schema_2020_12_tool() -> str:
        """Has a schema with everything in it."""
        return "Done"

    tool = server._tool_manager.get_tool("json_schema_2020_12_tool")
    assert tool is not None
    tool.parameters = RICH_SCHEMA
