#include "model/project_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/catalogue_for_test.hpp"

namespace tagwerk::model {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPumps = R"(types:
  Pump:
    description: A pump
    parameters: {plc: string, base: int}
    tags:
      Running: {type: bool, source: {connector: "{plc}", address: "HR:{base}"}}
      Current: {type: float, unit: A, source: {connector: "{plc}", address: "HR:{base+2}", dtype: float32, scale: 0.1}}
      Mode: {type: int, states: {0: "Off", 1: Auto}, source: {connector: "{plc}", address: "HR:{2*(base-1)}"}, write: operator}
connectors:
  plc1: {type: field, host: 127.0.0.1, period: 500ms}
objects:
  Plant/PumpHouse: {description: "The house"}
  Plant/PumpHouse/Pump1: {type: Pump, with: {plc: plc1, base: 100}, override: {Current: {unit: mA, source: {scale: 100}}}}
tags:
  Plant/PumpHouse/Pressure: {type: float, unit: bar, range: [0, 10], source: {connector: plc1, address: "HR:0", clamp: [0, 10], deadband: 0.02, period: 1s}, stale_after: 5s}
  Plant/PumpHouse/SetPoint: {type: float, source: {connector: plc1, address: "HR:10", read_back: true, time: arrival}, write: operator, confirm: true}
)";

ProjectCheck check_yaml(std::string_view text, const Project& base = {}) {
  return check_project({{"p.yaml", std::string(text)}}, base, FieldCatalogue{});
}

/// The one fault of a text.
std::string fault(std::string_view text) {
  const auto result = check_yaml(text);
  if (result.errors.size() == 1) return result.errors[0].to_string();
  std::string all = std::to_string(result.errors.size()) + " faults:";
  for (const Error& error : result.errors)
    all += "\n" + error.to_string();
  return all;
}

std::string with_connector(std::string_view text) {
  return "connectors: {plc1: {type: field}}\n" + std::string(text);
}

TEST(ProjectFile, ReadsThePumpStation) {
  const auto result = check_yaml(kPumps);
  ASSERT_TRUE(result.ok()) << result.errors[0].to_string();
  EXPECT_TRUE(result.warnings.empty());
  EXPECT_EQ(result.project.types.at("Pump").parameters.at("base"), Type::integer);
  EXPECT_EQ(result.project.objects.at("/Plant/PumpHouse/Pump1").type, "Pump");
  const auto& pressure = result.project.tags.at("/Plant/PumpHouse/Pressure");
  EXPECT_EQ(pressure.range, (Range{0, 10}));
  EXPECT_EQ(pressure.source->period, std::chrono::seconds(1));
  EXPECT_EQ(pressure.stale_after, std::chrono::seconds(5));
  const auto& set_point = result.project.tags.at("/Plant/PumpHouse/SetPoint");
  EXPECT_TRUE(set_point.confirm);
  EXPECT_TRUE(set_point.source->read_back);
  EXPECT_EQ(set_point.source->time_of, SourceDefinition::TimeOf::arrival);
}

TEST(ProjectFile, ComesBackFromItsOwnYaml) {
  const auto project = check_yaml(kPumps).project;
  const auto again = check_yaml(to_yaml(project));
  ASSERT_TRUE(again.ok()) << again.errors[0].to_string() << to_yaml(project);
  EXPECT_EQ(again.project, project);
  EXPECT_TRUE(difference(project, again.project, true).empty());
}

TEST(ProjectFile, EveryDefinitionComesBackFromItsJson) {
  const auto project = check_yaml(kPumps).project;
  for (const auto& [path, tag] : project.tags)
    EXPECT_EQ(*decode_tag(path, *parse_json(to_json(encode(tag)), ""), ""), tag);
  for (const auto& [path, object] : project.objects)
    EXPECT_EQ(*decode_object(path, *parse_json(to_json(encode(object)), ""), ""), object);
  for (const auto& [name, type] : project.types)
    EXPECT_EQ(*decode_type(name, *parse_json(to_json(encode(type)), ""), ""), type);
  for (const auto& [name, connector] : project.connectors)
    EXPECT_EQ(*decode_connector(name, *parse_json(to_json(encode(connector)), ""), ""), connector);
}

TEST(ProjectFile, NamesThePlaceAndTheRemedy) {
  EXPECT_EQ(
      fault(with_connector("tags:\n  A:\n    type: float\n    source:\n"
                           "      connector: plc1\n      adress: HR:0\n      address: HR:1\n")),
      "p.yaml:7:7: source of tag '/A': unknown key 'adress'; did you mean 'address'?");
  EXPECT_EQ(fault("tagz: {}"), "p.yaml:1:1: unknown key 'tagz'; did you mean 'tags'?");
  EXPECT_EQ(fault("alarms: {}"),
            "p.yaml:1:1: key 'alarms' is not available in this version; remove it");
  EXPECT_EQ(fault("tags: {A: {type: float, archive: {deadband: 1}}}"),
            "p.yaml:1:25: tag '/A': key 'archive' is not available in this version; remove it");
  EXPECT_EQ(fault("tags: {A: {type: flaot}}"),
            "p.yaml:1:12: tag '/A': unknown type 'flaot'; did you mean 'float'?");
  EXPECT_EQ(fault("tags:\n  A: {unit: m}\n"),
            "p.yaml:2:3: tag '/A': 'type' is missing; add one, such as type: float");
  EXPECT_EQ(fault("connectors: {x: {type: feild}}"),
            "p.yaml:1:18: connector 'x': unknown connector type 'feild'; did you mean 'field'?");
  EXPECT_THAT(fault("connectors: {x: {type: ''}}"),
              HasSubstr("connector 'x': 'type' is empty; add one, such as type: modbus"));
  EXPECT_EQ(fault("connectors: {x: {type: field, hosst: a}}"), "p.yaml:1:31: unknown key 'hosst'");
}

TEST(ProjectFile, RefusesValuesThatMakeNoSense) {
  const auto tag = [](std::string_view keys) {
    return fault(with_connector("tags: {A: {" + std::string(keys) + "}}"));
  };
  EXPECT_THAT(tag("type: float, range: [5, 5]"), HasSubstr("must go from low to high, not [5, 5]"));
  EXPECT_THAT(tag("type: float, range: 5"), HasSubstr("two numbers like [0, 10]"));
  EXPECT_THAT(tag("type: float, range: [a, 5]"), HasSubstr("'a' is none"));
  EXPECT_THAT(tag("type: bool, range: [0, 5]"), HasSubstr("needs an int or float tag"));
  EXPECT_THAT(tag("type: float, states: {0: a}"), HasSubstr("needs an int tag"));
  EXPECT_THAT(tag("type: int, states: {a: a}"), HasSubstr("use whole numbers"));
  EXPECT_THAT(tag("type: float, write: root"),
              HasSubstr("unknown write 'root'; use one of viewer"));
  EXPECT_THAT(tag("type: float, confirm: yes"), HasSubstr("must be true or false, not 'yes'"));
  EXPECT_THAT(tag("type: float, stale_after: -5s"), HasSubstr("must be a duration"));
  EXPECT_THAT(tag("type: float, stale_after: 0s"), HasSubstr("longer than zero"));
  EXPECT_THAT(tag("type: float, stale_after: 5"), HasSubstr("500ms, 3s, 5m, 2h or 1d, not '5'"));
  EXPECT_THAT(tag("type: float, unit: [a]"), HasSubstr("must be a text, not a list"));
  EXPECT_THAT(tag("type: float, source: plc1"), HasSubstr("must be a mapping"));
  const auto source = [&](std::string_view keys) {
    return tag("type: float, source: {connector: plc1, address: HR:0, " + std::string(keys) + "}");
  };
  EXPECT_THAT(source("scale: 0"), HasSubstr("'scale' must not be 0"));
  EXPECT_THAT(source("scale: \"2\""), HasSubstr("must be a number like 4 or 0.5 without quotes"));
  EXPECT_THAT(source("deadband: -1"), HasSubstr("must not be negative"));
  EXPECT_THAT(source("time: now"), HasSubstr("unknown time 'now'"));
  EXPECT_THAT(source("period: 0s"), HasSubstr("longer than zero"));
  EXPECT_THAT(tag("type: float, source: {connector: plc1}"), HasSubstr("'address' is missing"));
  EXPECT_THAT(tag("type: bool, source: {connector: plc1, address: HR:0, scale: 2}"),
              HasSubstr("'scale' needs a numeric tag"));
}

TEST(ProjectFile, ChecksReferencesAndAddresses) {
  EXPECT_EQ(
      fault(with_connector("tags: {A: {type: int, source: {connector: plc, address: HR:0}}}")),
      "p.yaml:2:32: tag '/A': unknown connector 'plc'; did you mean 'plc1'?");
  EXPECT_EQ(fault(with_connector("tags: {A: {type: int, source: {connector: plc1, address: X}}}")),
            "p.yaml:2:49: tag '/A': address 'X' is none of 'field'; write it like HR:0");
  EXPECT_EQ(fault("objects: {P: {type: Pump}}"),
            "p.yaml:1:15: object '/P': unknown type 'Pump'; declare it under 'types'");
}

TEST(ProjectFile, FindsPathsThatCollide) {
  EXPECT_EQ(fault("tags:\n  A: {type: int}\n  /A: {type: int}\n"),
            "p.yaml:3:3: tag '/A' is declared twice, first in p.yaml:2:3; remove one of them");
  EXPECT_THAT(fault("tags: {A: {type: int}, A/B: {type: int}}"),
              HasSubstr("'/A/B' cannot lie below '/A', which is a tag"));
  EXPECT_THAT(fault("tags: {A: {type: int}}\nobjects: {A: {}}"),
              HasSubstr("'/A' is both an object and a tag"));
  EXPECT_THAT(fault("types: {T: {tags: {X: {type: int}}}}\nobjects: {P: {type: T}}\n"
                    "tags: {P/X: {type: int}}"),
              HasSubstr("p.yaml:3:8: tag '/P/X' exists twice: type 'T' already gives it"));
  const auto two =
      check_project({{"a.yaml", "tags: {A: {type: int}}"}, {"b.yaml", "tags: {A: {type: int}}"}},
                    {}, FieldCatalogue{});
  ASSERT_EQ(two.errors.size(), 1u);
  EXPECT_EQ(two.errors[0].to_string(),
            "b.yaml:1:8: tag '/A' is declared twice, first in a.yaml:1:8; remove one of them");
}

TEST(ProjectFile, ChecksParametersInTypeAndInstance) {
  const auto type = [](std::string_view address) {
    return fault(
        "types: {T: {parameters: {b: int, s: string}, tags: {X: {type: int, "
        "source: {connector: c, address: \"" +
        std::string(address) + "\"}}}}}");
  };
  EXPECT_THAT(type("HR:{c}"), HasSubstr("unknown parameter 'c'"));
  EXPECT_THAT(type("HR:{s+1}"), HasSubstr("only int parameters"));
  EXPECT_THAT(type("HR:{b+}"), HasSubstr("cannot read '{b+}'"));
  EXPECT_THAT(type("HR:{b"), HasSubstr("brace without its partner"));
  const auto with = [](std::string_view keys) {
    return fault(
        with_connector("types: {T: {parameters: {b: int}, tags: {X: {type: int}}}}\n"
                       "objects: {P: {type: T, with: {" +
                       std::string(keys) + "}}}"));
  };
  EXPECT_EQ(with(""),
            "p.yaml:3:24: object '/P' of type 'T': parameter 'b' (int) is missing; add it "
            "to 'with'");
  EXPECT_THAT(with("b: x"), HasSubstr("parameter 'b' must be an int, not 'x'"));
  EXPECT_THAT(with("b: 1, d: 1"), HasSubstr("unknown parameter 'd'; did you mean 'b'?"));
}

TEST(ProjectFile, SaysWhichInstanceATypeFailsIn) {
  const auto text = with_connector(
      "types: {T: {parameters: {k: float}, tags: {X: {type: float, source: {connector: plc1, "
      "address: HR:1, scale: \"{k}\"}}}}}\nobjects:\n  P: {type: T, with: {k: 2}}\n"
      "  Q: {type: T, with: {k: 0}}\n");
  EXPECT_EQ(fault(text),
            "p.yaml:5:3: source of tag '/Q/X': 'scale' must not be 0: every value would be the "
            "same (by type 'T')");
  EXPECT_THAT(fault("types: {T: {tags: {X: {type: int}}}}\n"
                    "objects: {P: {type: T, override: {Y: {unit: m}}}}"),
              HasSubstr("type 'T' has no tag 'Y' to override; did you mean 'X'?"));
  EXPECT_THAT(fault("types: {T: {tags: {X: {type: int}}}}\n"
                    "objects: {P: {type: T, override: {X: {unitt: m}}}}"),
              HasSubstr("unknown key 'unitt'; did you mean 'unit'?"));
}

TEST(ProjectFile, FindsEveryFaultInOneGo) {
  const auto result =
      check_yaml("tags: {A: {type: x, unit: []}, B: {typ: int}, \"C*\": {type: int}}");
  EXPECT_EQ(result.errors.size(), 5u);
}

TEST(ProjectFile, MayReferToWhatIsConfigured) {
  const auto base = check_yaml(kPumps).project;
  const auto more = check_yaml(
      "objects: {Plant/PumpHouse/Pump2: {type: Pump, with: {plc: plc1, base: 200}}}", base);
  EXPECT_TRUE(more.ok()) << more.errors[0].to_string();
  EXPECT_EQ(more.project.objects.size(), 1u);
  const auto broken = check_yaml("connectors: {plc1: {type: nothing}}", base);
  EXPECT_FALSE(broken.ok());
}

TEST(ProjectFile, SurvivesWhatIsNotAProject) {
  EXPECT_THAT(fault("just text"), HasSubstr("a project file is a mapping"));
  EXPECT_THAT(fault("[1, 2]"), HasSubstr("a project file is a mapping"));
  EXPECT_THAT(fault("tags: [1]"), HasSubstr("'tags' must be a mapping"));
  EXPECT_THAT(fault("tags: {A: 5}"),
              HasSubstr("must be a mapping (key: value), not a single value"));
  EXPECT_TRUE(check_yaml("").ok());
  EXPECT_EQ(check_yaml("").warnings.size(), 1u);
}

TEST(Difference, NamesWhatChangedAndMergeIsIdempotent) {
  const auto base = check_yaml(kPumps).project;
  auto update = base;
  update.tags.at("/Plant/PumpHouse/Pressure").unit = "Pa";
  update.tags.at("/Plant/PumpHouse/Pressure").source->address = "HR:1";
  update.tags.erase("/Plant/PumpHouse/SetPoint");
  update.tags["/New"].path = "/New";
  const auto changes = difference(base, update, false);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].name, "/New");
  EXPECT_EQ(changes[1].detail, "unit, source.address");
  const auto pruned = difference(base, update, true);
  ASSERT_EQ(pruned.size(), 3u);
  EXPECT_EQ(pruned[2].what, ProjectChange::What::removed);
  const auto merged = merge(base, update, false);
  EXPECT_EQ(merged.tags.size(), 3u);
  EXPECT_TRUE(difference(merged, update, false).empty());
  EXPECT_EQ(merge(base, update, true), update);
}

}  // namespace
}  // namespace tagwerk::model
