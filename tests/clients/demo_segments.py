"""A real server whose values can be read by name and by a System V key."""

import contextlib
import pathlib
import tempfile

import harness


@contextlib.contextmanager
def demo_with_both_segments(key, more=""):
    """`tagwerk demo` and its instance, until its table is removed by name and key; `more` goes behind the key in `table:`."""
    with tempfile.TemporaryDirectory(prefix="tagwerk-") as folder:
        settings = pathlib.Path(folder) / "tagwerk.yaml"
        settings.write_text(f"table: {{sysv_key: {key:#x}{more}}}\n")
        with harness.Demo("--config", settings) as demo:
            client = demo.client
            client.wait_for_good(40)
            instance = client.get("/api/status")["instance"]
            try:
                yield demo, instance
            finally:
                if demo.program.is_running:
                    demo.stop()
                harness.tagwerk("table", "rm", "--instance", instance)
