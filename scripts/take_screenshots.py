"""Take pictures of every page of the console, over a server of its own with jobs on the sample media."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from mien.assembly import pull_samples
from mien.settings import read_settings
from tests.console.driving import SIZES, context_of, drop, go, keep_media, settled
from tests.console.media import make_media
from tests.stories.serving import Serving, serving

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "screenshots"
MOST_BYTES = 150_000
COLOURS = (256, 192, 128, 96, 64, 48)
SETTLE_MS = 1200
MODELS = {
    "face": {"facs": {}, "descriptions": {}, "identify_faces": True},
    "facemesh": {},
    "burst": {},
    "prosody": {},
    "language": {"sentiment": {}, "toxicity": {}},
    "ner": {},
}
LOOKS = {"light": ("desktop", "light"), "dark": ("desktop", "dark"), "phone": ("phone", "light")}


@dataclass(frozen=True)
class Scene:
    """Hold what the pictures show: a server with a job on each kind of media, and the files of these jobs."""

    server: Serving
    files: dict[str, Path]
    jobs: dict[str, str]
    fresh_key: str


@dataclass(frozen=True)
class Shot:
    """Name a picture, the page it shows, what is done on it first, and in which looks it is taken.

    `height` is that of the window on a desktop, in pixels; `fresh` shows it to somebody who has no job yet.
    """

    name: str
    route: str
    act: Callable[[Page, Scene], None] = lambda page, scene: None
    looks: tuple[str, ...] = ("light", "dark")
    height: int = 800
    fresh: bool = False


def main() -> int:
    """Write the pictures named on the command line, or all of them."""
    wanted = set(sys.argv[1:])
    FOLDER.mkdir(parents=True, exist_ok=True)
    with scene() as shown, ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        program = subprocess.run([ROOT / "scripts" / "chromium"], check=True, capture_output=True, text=True)
        browser = playwright.chromium.launch(executable_path=program.stdout.strip())
        for shot in SHOTS:
            for look in shot.looks:
                if not wanted or f"{shot.name}-{look}" in wanted or shot.name in wanted:
                    take(browser, shown, shot, look)
        browser.close()
    return 0


@contextmanager
def scene() -> Iterator[Scene]:
    """Start a server, and measure one file of each kind."""
    pull_samples(read_settings(), None, print)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data", workers=1) as server:
        (Path(folder) / "media").mkdir()
        media = make_media(Path(folder) / "media")
        server.key = a_key(server, "ana", ["read", "write", "admin"])
        a_key(server, "ward 3", ["read", "write"])
        with server.client() as client:
            for known in client.get("/v0/mien/keys").json():
                if known["owner"] == "story":
                    client.delete(f"/v0/mien/keys/{known['id']}").raise_for_status()
        files = {"photo": media.two_faces, "film": media.film, "sound": media.sound}
        jobs = {name: measured(server, {"models": MODELS}, path) for name, path in files.items()}
        jobs["text"] = measured(server, {"models": MODELS, "text": [media.text.read_text("utf-8")]})
        fresh = a_key(server, "bea", ["read", "write", "admin"])
        with server.client() as client:
            for name, job_id in jobs.items():
                client.put(f"/v0/mien/jobs/{job_id}/tags", json=["pilot", name]).raise_for_status()
        yield Scene(server, files, jobs, fresh)


def a_key(server: Serving, owner: str, scopes: list[str]) -> str:
    """Make a key, and return it."""
    wanted = {"owner": owner, "scopes": scopes, "expires_days": 90, "quota": 100}
    with server.client() as client:
        made: str = client.post("/v0/mien/keys", json=wanted).raise_for_status().json()["key"]
    return made


def measured(server: Serving, request: dict[str, object], *files: Path) -> str:
    """Start a job, wait for its end, and return its id."""
    job_id = server.submit(request, *[(path.name, path.read_bytes()) for path in files])
    state = server.wait(job_id)
    if state["status"] != "COMPLETED":
        raise SystemExit(f"the job ended {state}")
    return job_id


def take(browser: Browser, scene: Scene, shot: Shot, look: str) -> None:
    """Open a page in a look, do what the shot wants, and write the picture."""
    size, scheme = LOOKS[look]
    window = SIZES[size]["viewport"]
    if size == "desktop":
        window = {**window, "height": shot.height}
    with context_of(browser, size, color_scheme=scheme, device_scale_factor=1, viewport=window) as context:
        page = context.new_page()
        go(page, scene.server.url, f"#key={scene.fresh_key if shot.fresh else scene.server.key}")
        for name, path in scene.files.items():
            keep_media(page, scene.jobs[name], [path])
        go(page, scene.server.url, shot.route.format(**scene.jobs))
        settled(page)
        shot.act(page, scene)
        page.wait_for_timeout(SETTLE_MS)
        path = FOLDER / f"{shot.name}-{look}.png"
        path.write_bytes(small(page.screenshot()))
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def small(picture: bytes) -> bytes:
    """Return a PNG of at most 150 kB: as many colours as that allows."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise SystemExit(f"a picture is over {MOST_BYTES} bytes with {COLOURS[-1]} colours")


def with_files(page: Page, scene: Scene) -> None:
    """Drop files on the new job."""
    drop(page, ".dropzone", scene.files.values())


def seen(page: Page, scene: Scene) -> None:
    """Scroll a phone to what was measured."""
    if page.evaluate("innerWidth") < 500:
        page.evaluate(
            "document.querySelector('main video, main canvas, main .words')?.scrollIntoView({block: 'center'})"
        )


def compared(page: Page, scene: Scene) -> None:
    """Open the comparison."""
    page.get_by_role("tab", name="Compare").click()


SHOTS = (
    Shot("first-use", "#/", looks=("light", "dark", "phone"), fresh=True),
    Shot("start", "#/"),
    Shot("new-job", "#/new", with_files, ("light", "dark", "phone")),
    Shot("jobs", "#/jobs", looks=("light", "dark", "phone")),
    Shot("photo", "#/jobs/{photo}", seen, looks=("light", "dark", "phone"), height=1000),
    Shot("film", "#/jobs/{film}", seen, looks=("light", "dark", "phone"), height=1700),
    Shot("sound", "#/jobs/{sound}", height=1400),
    Shot("text", "#/jobs/{text}", seen, looks=("light", "dark", "phone"), height=1400),
    Shot("compare", "#/jobs/{film}", compared, height=1200),
    Shot("open", "#/open"),
    Shot("system", "#/system"),
    Shot("keys", "#/keys"),
)


if __name__ == "__main__":
    sys.exit(main())
