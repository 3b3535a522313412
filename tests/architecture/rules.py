"""The rules of the house that a machine can check, as data. check.py applies them."""

# Folder of src -> floor. A folder includes from floors below its own and from itself; never sideways, never upward.
FLOORS = {
    "base": 0,
    "model": 1, "net": 1,
    "link": 2, "table": 2, "expression": 2, "alarm": 2, "exchange": 2, "store": 2,
    "protocol/modbus": 2, "protocol/opcua": 2, "protocol/mqtt": 2,
    "engine": 3, "auth": 3,
    "supervisor": 4, "history": 4, "bus": 4,
    "access": 5,
    "servers/http": 6, "servers/opcua": 6, "servers/modbus": 6, "servers/mqtt": 6, "servers/exchange": 6,
    "connectors/modbus": 6, "connectors/opcua": 6, "connectors/sql": 6, "connectors/mqtt": 6, "connectors/push": 6,
    "simulator": 6, "logic": 6, "console": 6,
    "app": 7,
}

# A public header counts as the folder that implements it.
PUBLIC_HEADERS = {
    "tagwerk/table.h": "table",
    "tagwerk/exchange.hpp": "exchange",
    "tagwerk/connector.hpp": "link",
}

# What a connector may know, beside its own folder: folders, or a folder with everything below it.
CONNECTORS_KNOW = ("base", "model", "link", "protocol/")

# Library header prefix -> the only folder that includes it.
ONLY_IN = {"boost/beast": "net", "openssl/": "net", "CLI/": "console"}

VAGUE_NAMES = {"utils", "util", "common", "misc", "helpers", "helper", "manager", "managers"}

# Not part of the tree: what builds, tools and people leave behind.
NOT_OURS = {".git", ".ccache", ".cache", "build", "node_modules", "dist", "demo-data", "__pycache__"}

SOURCE_SUFFIXES = {".c", ".h", ".cpp", ".hpp", ".S"}
CODE_SUFFIXES = SOURCE_SUFFIXES | {".py", ".sh", ".ts", ".js", ".mjs", ".svelte", ".php", ".cmake"}
