"""An OpenAPI document for the measured endpoints, in our own words, because the vendor's is not ours to publish.

It is shorter than the vendor's, which favours the servers that generate tools from it.
"""

from typing import Any

JsonObject = dict[str, Any]

_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}


def _get(operation: str, summary: str, answer: str, *parameters: JsonObject) -> JsonObject:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}}
    responses = {"200": {"description": summary, "content": content}}
    return {"get": {"operationId": operation, "summary": summary, "parameters": parameters, "responses": responses}}


def _in(place: str, name: str, description: str, schema: JsonObject) -> JsonObject:
    required = place == "path"
    return {"in": place, "name": name, "description": description, "required": required, "schema": schema}


def _object(required: str, **properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, **({"required": required.split()} if required else {})}


OPENAPI: JsonObject = {
    "openapi": "3.0.3",
    "info": {"title": "Writer", "version": "1"},
    "servers": [{"url": "https://api.writer.com"}],
    "paths": {
        "/v1/applications": _get(
            "list_applications",
            "List applications",
            "Applications",
            _in("query", "order", "Sort order by creation time", {**_TEXT, "enum": ["asc", "desc"]}),
            _in("query", "before", "Return those before this id", _TEXT),
            _in("query", "after", "Return those after this id", _TEXT),
            _in("query", "limit", "Most to return", {**_NUMBER, "default": 50}),
        ),
        "/v1/applications/{application_id}/jobs": _get(
            "list_jobs",
            "List an application's jobs",
            "Jobs",
            _in("path", "application_id", "The application", _TEXT),
            _in("query", "status", "Filter", {**_TEXT, "enum": ["in_progress", "failed", "completed"]}),
            _in("query", "offset", "Jobs to skip", _NUMBER),
            _in("query", "limit", "Most to return", _NUMBER),
        ),
        "/v1/applications/jobs/{job_id}": _get(
            "get_job", "Retrieve one job", "Job", _in("path", "job_id", "The job", _TEXT)
        ),
    },
    "components": {
        "schemas": {
            "Application": _object("id name", id=_TEXT, name=_TEXT, type=_TEXT, status=_TEXT),
            "Applications": _object(
                "data has_more",
                data={"type": "array", "items": {"$ref": "#/components/schemas/Application"}},
                has_more={"type": "boolean"},
            ),
            "Job": _object(
                "id status application_id created_at",
                id=_TEXT,
                status=_TEXT,
                application_id=_TEXT,
                created_at=_TEXT,
                updated_at=_TEXT,
                completed_at=_TEXT,
                data=_object("suggestion", title=_TEXT, suggestion=_TEXT),
                error=_TEXT,
            ),
            "Jobs": _object(
                "result",
                result={"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
                totalCount=_NUMBER,
                pagination=_object("", offset=_NUMBER, limit=_NUMBER),
            ),
        }
    },
}
