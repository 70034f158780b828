"""A job's tables come as Parquet, with the rows that its predictions have."""

import io
import zipfile

import pyarrow.parquet as parquet

from mien.results.walking import tables_of
from tests.stories.serving import Serving


def test_a_job_gives_a_parquet_file_per_model_over_all_its_sources(server: Serving) -> None:
    models = {"language": {"sentiment": {}}, "ner": {}}
    request = {"text": ["I am happy.", "Grace Hopper went to Washington."], "models": models}
    job_id = server.submit(request, ("note.txt", b"What a sad day."), ("broken.txt", b""))
    server.wait(job_id)
    with server.client() as client:
        answer = client.get(f"/v0/mien/jobs/{job_id}/tables", params={"format": "parquet"}).raise_for_status()
    wanted = tables_of(server.predictions(job_id))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        found = {name: parquet.read_table(io.BytesIO(archive.read(name))).to_pylist() for name in archive.namelist()}
    assert set(found) == {f"{model}.parquet" for model in wanted}
    for model, rows in wanted.items():
        columns = dict.fromkeys(name for row in rows for name in row)
        assert found[f"{model}.parquet"] == [{name: row.get(name) for name in columns} for row in rows]
