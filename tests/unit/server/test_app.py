from tests.fakes_server import open_door


def test_health_needs_no_key() -> None:
    client = open_door().client
    del client.headers["X-Hume-Api-Key"]
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_description_names_every_endpoint_and_way_to_carry_the_key() -> None:
    description = open_door().client.get("/openapi.json").json()
    assert set(description["paths"]) == {
        "/healthz",
        "/v0/batch/jobs",
        "/v0/batch/jobs/{job_id}",
        "/v0/batch/jobs/{job_id}/predictions",
        "/v0/batch/jobs/{job_id}/artifacts",
        "/health",
        "/metrics",
        "/v0/mien/system",
        "/v0/mien/events",
        "/v0/mien/jobs",
        "/v0/mien/jobs/{job_id}",
        "/v0/mien/jobs/{job_id}/progress",
        "/v0/mien/jobs/{job_id}/events",
        "/v0/mien/jobs/{job_id}/cancel",
        "/v0/mien/jobs/{job_id}/tags",
        "/v0/mien/jobs/{job_id}/deliveries",
        "/v0/mien/jobs/{job_id}/meshes",
        "/v0/mien/jobs/{job_id}/tables",
        "/v0/mien/deliveries",
        "/v0/mien/keys",
        "/v0/mien/keys/{key_id}",
        "/v0/mien/me",
        "/v0/mien/samples",
        "/v0/mien/samples/{name}",
        "/v0/mien/weights/{name}/card",
    }
    assert set(description["paths"]["/v0/batch/jobs"]) == {"get", "post"}
    assert len(description["components"]["securitySchemes"]) == 3


def test_no_page_loads_scripts_from_elsewhere() -> None:
    client = open_door().client
    assert {client.get(path).status_code for path in ("/docs", "/redoc")} == {404}
