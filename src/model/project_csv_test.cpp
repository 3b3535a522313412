#include "model/project_csv.hpp"

#include <chrono>
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/build_for_test.hpp"
#include "model/any_catalogue_for_test.hpp"
#include "model/csv_table.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Project& base() {
  static const Project project = [] {
    Project out;
    out.connectors["plc1"] = {.name = "plc1", .type = "test"};
    return out;
  }();
  return project;
}

ProjectCheck check_csv(std::string_view csv) {
  return check_project({{"tags.csv", std::string(csv)}}, base(), AnyCatalogue{});
}

std::vector<std::string> texts(const std::vector<Error>& errors) {
  std::vector<std::string> out;
  for (const Error& error : errors)
    out.push_back(error.to_string());
  return out;
}

/// The one tag of a table without faults.
TagDefinition tag_of(std::string_view csv) {
  const auto result = check_csv(csv);
  EXPECT_THAT(texts(result.errors), IsEmpty());
  EXPECT_THAT(result.project.tags, SizeIs(1));
  return result.project.tags.empty() ? TagDefinition{} : result.project.tags.begin()->second;
}

/// The one fault of a table.
std::string csv_fault(std::string_view csv) {
  const auto found = texts(check_csv(csv).errors);
  return found.size() == 1 ? found[0]
                           : fmt::format("{} faults: {}", found.size(), fmt::join(found, "\n"));
}

TEST(ProjectCsv, ReadsTheColumnsOfRtds) {
  const auto result = check_csv(
      "name,type_,min_,max_,value,is_log,connector_name,source,description,scale,deadband,dtype\r\n"
      "Tag_1,float,0,10.5,,,plc1,RH:0:2,\"Pressure, north\",0.1,0.5,float32\r\n"
      "Plant/Mode,int,,,,,,,\"say \"\"hm\"\"\",1,0,\r\n"
      "\r\n"
      ",,,,,,,,,,,\r\n");
  EXPECT_THAT(texts(result.errors), IsEmpty());
  EXPECT_THAT(texts(result.warnings), IsEmpty());
  ASSERT_THAT(result.project.tags, SizeIs(2));
  const TagDefinition& tag = result.project.tags.at("/Tag_1");
  EXPECT_EQ(tag.range, (Range{0, 10.5}));
  EXPECT_EQ(tag.description, "Pressure, north");
  EXPECT_EQ(tag.source->address, "RH:0:2");
  EXPECT_EQ(tag.source->scale, 0.1);
  EXPECT_EQ(tag.source->deadband, 0.5);
  EXPECT_EQ(tag.source->dtype, "float32");
  const TagDefinition& mode = result.project.tags.at("/Plant/Mode");
  EXPECT_EQ(mode.description, "say \"hm\"");
  EXPECT_FALSE(mode.source) << "numbers that change nothing make no source";
}

TEST(ProjectCsv, ReadsWhatSpreadsheetsOfOtherCountriesWrite) {
  const TagDefinition tag = tag_of(
      "\xef\xbb\xbfName;Type_;Min_;Max_;Connector;Source;Scale;Confirm;write\r\n"
      "A;Double;-0,5;1,5e3;plc1;HR:0;,25;WAHR;operator\r\n");
  EXPECT_EQ(tag.type, Type::floating);
  EXPECT_EQ(tag.range, (Range{-0.5, 1500}));
  EXPECT_EQ(tag.source->scale, 0.25);
  EXPECT_TRUE(tag.confirm);
  EXPECT_EQ(tag_of("sep=;\nname;type_;description\nA;int;a,b,c,d\n").description, "a,b,c,d");
  EXPECT_EQ(tag_of("name,type_,scale,connector,source\nA,int,\"0,5\",plc1,x\n").source->scale, 0.5);
}

TEST(ProjectCsv, ReadsWindows1251AndSaysSo) {
  const auto result =
      check_csv("name;type_;description\nA;int;\xcd\xe0\xf1\xee\xf1 \xb9 1, \xb0\xd1\n");
  EXPECT_EQ(result.project.tags.at("/A").description, "Насос № 1, °С");
  EXPECT_THAT(texts(result.warnings), ElementsAre(HasSubstr("tags.csv: the file is not UTF-8")));
  EXPECT_EQ(tag_of("name,type_,confirm,write\nA,int,ИСТИНА,operator\n").confirm, true);
  EXPECT_THAT(csv_fault("\xff\xfen\0a\0"), HasSubstr("UTF-16; save it as CSV with UTF-8"));
}

TEST(ProjectCsv, WarnsOfColumnsThatThisVersionCannotKeep) {
  const auto result = check_csv(
      "name,type_,value,is_log,max_age,min_,max_\nA,int,5,1,,,\nB,bool,,0,600,0,1\nC,int,,0,,,\n");
  EXPECT_THAT(texts(result.errors), IsEmpty());
  EXPECT_THAT(
      texts(result.warnings),
      testing::UnorderedElementsAre(
          "tags.csv:2:7: column 'value' is left out in 1 row: this version has nothing that it "
          "could become",
          HasSubstr("tags.csv:2:9: column 'is_log' is left out in 1 row"),
          HasSubstr("tags.csv:3:11: column 'max_age' is left out in 1 row"),
          HasSubstr("tags.csv:3:15: column 'min_' is left out in 1 row: only int and float tags"),
          HasSubstr("column 'max_' is left out in 1 row")));
}

TEST(ProjectCsv, ReadsStates) {
  const auto states = [](std::string_view cell) {
    return tag_of(fmt::format("name;type_;states\nA;int;{}\n", cell)).states;
  };
  using States = std::map<std::int64_t, std::string>;
  EXPECT_EQ(states("0=Off|1=On"), (States{{0, "Off"}, {1, "On"}}));
  EXPECT_EQ(states(" -1 = a=b | 2 = two words "), (States{{-1, "a=b"}, {2, "two words"}}));
  EXPECT_EQ(states(R"(0=\ a\|b\\ |1=)"), (States{{0, " a|b\\"}, {1, ""}}));
  EXPECT_THAT(csv_fault("name;type_;states\nA;int;Off|On\n"),
              HasSubstr("tags.csv:2:7: column 'states': 'Off|On' is not states such as 0=Off|"));
  EXPECT_THAT(csv_fault("name;type_;states\nA;int;0=a|0=b\n"), HasSubstr("each number once"));
  EXPECT_THAT(csv_fault("name;type_;states\nA;int;x=a\n"), HasSubstr("use whole numbers"));
}

TEST(ProjectCsv, SaysEveryFaultWithItsPlaceAndRemedy) {
  const auto result = check_csv(
      "name,type_,scale,confirm,connector_name,source,min_,max_\n"
      "A,floot,,,,,,\n"
      "\"B\nC\",int,,,,,,\n"
      "D,float,abc,maybe,plc1,x,,\n"
      "E,float,,,plc9,x,,\n"
      "F,float,,,plc1,,5,\n"
      ",int,,,,,,\n"
      "A,int,,,,,,,extra\n"
      "G,float,3,,,,,\n");
  EXPECT_THAT(
      texts(result.errors),
      testing::UnorderedElementsAre(
          "tags.csv:2:3: tag '/A': unknown type 'floot'; did you mean 'float'?",
          HasSubstr("tags.csv:3:1: path 'B\nC' is not valid: it holds a control character"),
          "tags.csv:5:9: column 'scale': 'abc' is not a number such as 4, 0.5 or 0,5",
          "tags.csv:5:13: column 'confirm': 'maybe' is not true or false",
          HasSubstr("tags.csv:6:11: tag '/E': unknown connector 'plc9'; did you mean 'plc1'?"),
          HasSubstr("tags.csv:7:1: tag 'F': give both 'min_' and 'max_' or neither"),
          HasSubstr("tags.csv:7:11: source of tag '/F': 'address' is missing"),
          HasSubstr("tags.csv:8:1: this row has no name"),
          HasSubstr("tags.csv:9:13: this cell has no column; the header names 8"),
          HasSubstr("tags.csv:9:1: tag '/A' is declared twice, first in tags.csv:2:1"),
          HasSubstr("tags.csv:10:1: tag 'G': 'scale' needs a connector_name and a source")));
}

TEST(ProjectCsv, SaysWhatIsWrongWithTheHeaderOrTheQuotes) {
  EXPECT_THAT(csv_fault("name,type_,adress\nA,int,x\n"),
              HasSubstr("tags.csv:1:12: unknown column 'adress'"));
  EXPECT_THAT(csv_fault("name,type_,name\n"),
              HasSubstr("tags.csv:1:12: column 'name' is there twice"));
  EXPECT_THAT(csv_fault("name,unit\nA,m\n"),
              HasSubstr("tags.csv:1:1: the column 'type_' is missing"));
  EXPECT_THAT(csv_fault("name,type_\n\"A,int\n"),
              HasSubstr("tags.csv:2:1: the quote that begins here has no end"));
  EXPECT_THAT(csv_fault("name,type_\n\"A\"x,int\n"),
              HasSubstr("tags.csv:2:4: text follows the end of a quoted cell"));
  EXPECT_THAT(check_csv("").errors, IsEmpty());
  EXPECT_THAT(texts(check_csv("name,type_\n").warnings),
              ElementsAre(HasSubstr("declares nothing")));
  EXPECT_THAT(tag_of("name,type_,,\r A , int ,,").path, "/A");
}

TEST(ProjectCsv, WritesTheTagsOfASubtreeOnly) {
  Project project = base();
  for (const char* path : {"/P/A", "/P/B/C", "/P-2/A", "/Q"})
    project.tags[path].path = path;
  const auto count = [&](std::string_view subtree) {
    return std::ranges::count(tags_to_csv(project, subtree), '\n') - 1;
  };
  EXPECT_EQ(count("/"), 4);
  EXPECT_EQ(count("/P"), 2);
  EXPECT_EQ(count("/P/B/C"), 1);
  EXPECT_EQ(count("/X"), 0);
}

// --- properties ----------------------------------------------------------------------------------

rc::Gen<std::string> any_cell_text() {
  const auto piece = rc::gen::element<std::string>(
      "a", "B", "0", ",", ";", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\t", "=", "|", "\\", "ä",
      "Насос", "°C", "'", "-", "{", "}", "\x01", "sep=;", "1,5", "true");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& pieces) {
    std::string out;
    for (const std::string& each : pieces)
      if (out.size() + each.size() <= 40) out += each;
    return out;
  });
}

rc::Gen<double> any_number() {
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::inRange(-1000, 1000), [](int v) { return v / 8.0; }),
      rc::gen::suchThat(rc::gen::arbitrary<double>(), [](double v) { return std::isfinite(v); }),
      rc::gen::element(0.1, 1e300, 5e-324, 1.0 / 3));
}

Range any_range() {
  const double a = *any_number();
  const double b = *rc::gen::suchThat(any_number(), [&](double v) { return v != a; });
  return {std::min(a, b), std::max(a, b)};
}

std::optional<Duration> any_duration() {
  const auto nanos = *rc::gen::oneOf(rc::gen::just<std::int64_t>(0),
                                     rc::gen::inRange<std::int64_t>(1, std::int64_t{1} << 52));
  return nanos == 0 ? std::nullopt : std::optional(Duration{nanos});
}

SourceDefinition any_source(bool numeric) {
  SourceDefinition out;
  out.connector = "plc1";
  out.address = "x" + *any_cell_text();
  out.device = "d" + *any_cell_text();
  out.dtype = *any_cell_text();
  out.order = *any_cell_text();
  out.period = any_duration();
  out.read_back = *rc::gen::arbitrary<bool>();
  out.time_of =
      *rc::gen::element(SourceDefinition::TimeOf::source, SourceDefinition::TimeOf::arrival);
  if (!numeric) return out;
  out.scale = *rc::gen::suchThat(any_number(), [](double v) { return v != 0; });
  out.offset = *any_number();
  out.deadband = std::abs(*any_number());
  if (*rc::gen::arbitrary<bool>()) out.clamp = any_range();
  return out;
}

TagDefinition any_tag(const std::string& path) {
  TagDefinition out;
  out.path = path;
  out.type = static_cast<Type>(*rc::gen::inRange(1, 10));
  const bool numeric = out.type == Type::integer || out.type == Type::floating ||
                       out.type == Type::int_array || out.type == Type::float_array;
  out.unit = *any_cell_text();
  out.description = *any_cell_text();
  out.write = *rc::gen::element<std::string>("", "viewer", "operator", "admin");
  out.confirm = *rc::gen::arbitrary<bool>();
  out.stale_after = any_duration();
  if (out.type >= Type::string) out.size = *rc::gen::element(0u, 1u, 1000u, 1u << 20);
  if (numeric && *rc::gen::arbitrary<bool>()) out.range = any_range();
  if (out.type == Type::integer)
    out.states = *rc::gen::container<std::map<std::int64_t, std::string>>(
        rc::gen::arbitrary<std::int64_t>(), any_cell_text());
  if (*rc::gen::arbitrary<bool>()) out.source = any_source(numeric);
  return out;
}

RC_GTEST_PROP(ProjectCsv, EveryTagComesBackFromItsRow, ()) {
  Project project = base();
  for (const std::string path : {"/A", "/B/C,;\"x", "/Ä/name"})
    project.tags[path] = any_tag(path);
  const CsvForm form = *rc::gen::element(CsvForm{}, CsvForm::semicolon(),
                                         CsvForm{';', false, false}, CsvForm{',', true, true});
  const std::string csv = tags_to_csv(project, "/", form);
  const auto back = check_csv(csv);
  if (!back.ok()) RC_FAIL(back.errors[0].to_string() + "\n" + csv);
  RC_ASSERT(back.project.tags == project.tags);
}

RC_GTEST_PROP(CsvTable, EveryCellComesBack, ()) {
  const auto row_of_cells =
      rc::gen::resize(20, rc::gen::container<std::vector<std::string>>(any_cell_text()));
  const auto rows =
      *rc::gen::container<std::vector<std::vector<std::string>>>(rc::gen::nonEmpty(row_of_cells));
  const char separator = *rc::gen::element(',', ';');
  std::string csv;
  std::vector<std::vector<std::string>> expected;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i != 0) csv += separator;
      append_csv_cell(csv, row[i], separator);
    }
    csv += "\r\n";
    if (std::ranges::any_of(row, [](const auto& cell) { return !cell.empty(); }))
      expected.push_back(row);
  }
  CsvReader reader(csv, separator);
  std::vector<CsvCell> cells;
  std::vector<std::vector<std::string>> read;
  while (true) {
    const auto more = reader.next(cells);
    RC_ASSERT(more.has_value());
    if (!*more) break;
    read.emplace_back();
    for (const CsvCell& cell : cells)
      read.back().push_back(cell.text);
  }
  RC_ASSERT(read == expected);
}

/// Not a limit that fails a build: prints what a large table costs on this machine.
TEST(ProjectCsv, TakesAHundredThousandTags) {
  Project project = base();
  for (int i = 0; i < tagwerk::base::many(100'000, 5'000); ++i) {
    const auto path = fmt::format("/Plant/Area{}/Tag{}", i / 1000, i);
    TagDefinition& tag = project.tags[path];
    tag.path = path;
    tag.unit = "bar";
    tag.range = Range{0, 10};
    tag.source.emplace().connector = "plc1";
    tag.source->address = fmt::format("HR:{}", i);
    tag.source->dtype = "float32";
  }
  const auto t0 = std::chrono::steady_clock::now();
  const std::string csv = tags_to_csv(project, "/");
  const auto t1 = std::chrono::steady_clock::now();
  const auto back = check_csv(csv);
  const auto t2 = std::chrono::steady_clock::now();
  EXPECT_EQ(back.project.tags, project.tags);
  using Ms = std::chrono::duration<double, std::milli>;
  std::printf("%.1f MB of CSV: write %.0f ms, check %.0f ms\n",
              static_cast<double>(csv.size()) / 1e6, Ms(t1 - t0).count(), Ms(t2 - t1).count());
}

}  // namespace
}  // namespace tagwerk::model
