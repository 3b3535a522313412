"""A project that polls `tagwerk simulate signals`: its four counters fast, some thousand signals beside them."""

UNITS = (1, 2, 3, 4)


def counter(unit):
    """The tag of the unit's register that counts how often it was polled."""
    return f"/Unit{unit}/Polls"


def scratch(unit, number=0):
    """A register of the unit that may be written."""
    return f"/Unit{unit}/Scratch{number}"


def project(port, signals_per_unit=1000, counter_periods=("100ms", "200ms"), timeout="1s", signal_period="1s"):
    """Two connectors with two units each; the counters of the first are polled at the first period."""
    lines = ["connectors:"]
    for connector, units in (("first", UNITS[:2]), ("second", UNITS[2:])):
        lines.append(f"  {connector}:")
        lines.append(f"    type: modbus\n    host: 127.0.0.1\n    port: {port}\n    period: {signal_period}\n    timeout: {timeout}")
        lines.append("    devices:")
        lines += [f"      unit{unit}: {{unit: {unit}}}" for unit in units]
    lines.append("tags:")
    for unit in UNITS:
        connector = "first" if unit in UNITS[:2] else "second"
        period = counter_periods[0 if connector == "first" else 1]

        def tag(path, kind, source, more="", connector=connector, unit=unit):
            lines.append(f"  {path.lstrip('/')}: {{type: {kind}, source: {{connector: {connector}, device: unit{unit}, "
                         f"{source}}}{more}}}")

        tag(counter(unit), "int", f'address: "HR:0", dtype: uint32, period: {period}')
        tag(scratch(unit), "int", 'address: "HR:100", dtype: uint16, read_back: true',
            ", range: [0, 60000], write: operator")
        for number in range(signals_per_unit):
            tag(f"Unit{unit}/Signal{number}", "float", f'address: "IR:{2 * number}", dtype: float32')
    return "\n".join(lines) + "\n"


def is_signal(value, unit, number):
    """Whether a value can be what the simulator gives for this signal."""
    steps = (value - (unit - 1) * 25_000 - number) * 128
    return 0 <= steps < 128 and steps == int(steps)
