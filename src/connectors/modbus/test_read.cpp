#include "connectors/modbus/test_read.hpp"

#include <cmath>
#include <iterator>

#include "model/node_reader.hpp"
#include "protocol/modbus/value.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using codec::DataType;
using codec::Layout;
using codec::Order;

constexpr Duration kLongestTimeout = std::chrono::seconds(5);
constexpr auto kLongest = std::chrono::seconds(12);
constexpr std::uint16_t kDefaultCoils = 8;
constexpr std::size_t kMaxAddress = 100;

std::uint16_t most_of(codec::Table table) {
  return codec::is_bit_table(table) ? codec::kMaxReadCoils : codec::kMaxReadRegisters;
}

Result<std::optional<double>> whole(model::NodeReader& in, std::string_view key, double low,
                                    double high) {
  if (in.body().find(key) == nullptr) return std::nullopt;
  double number = std::nan("");
  in.number(key, number);
  if (number >= low && number <= high && number == std::trunc(number)) return number;
  return fail(ErrorCode::invalid_argument, "'{}' must be a whole number from {} to {}", key, low,
              high);
}

void append_registers(std::string& out, const TestRequest& request, std::uint16_t base,
                      std::span<const std::uint16_t> values) {
  const bool bits = codec::is_bit_table(request.address.table);
  const char* separator = "";
  for (std::size_t i = 0; i < values.size(); ++i) {
    fmt::format_to(std::back_inserter(out), R"({}{{"address":"{}:{}",)", separator,
                   codec::short_name(request.address.table), request.address.number + base + i);
    if (bits)
      fmt::format_to(std::back_inserter(out), R"("hex":null,"value":{}}})", values[i] != 0);
    else
      fmt::format_to(std::back_inserter(out), R"("hex":"{:04x}","value":{}}})", values[i],
                     values[i]);
    separator = ",";
  }
}

/// Element by element, so that one that says nothing does not hide the others.
void append_values(std::string& out, Layout layout, std::span<const std::uint16_t> values) {
  const std::size_t width = layout.count;
  for (std::size_t at = 0; at + width <= values.size(); at += width) {
    if (at > 0) out += ',';
    model::append_json(out, codec::decode_value(layout, values.subspan(at, width)).value);
  }
}

void append_reading(std::string& out, const Layout& layout, std::uint16_t width,
                    std::span<const std::uint16_t> values) {
  if (!out.ends_with('[')) out += ',';
  fmt::format_to(std::back_inserter(out), R"({{"dtype":"{}","order":"{}","values":[)",
                 codec::data_type_text(layout), codec::to_string(layout.order, width));
  append_values(out, layout, values);
  out += "]}";
}

void append_readings(std::string& out, codec::Table table, std::span<const std::uint16_t> values) {
  const auto count = static_cast<std::uint16_t>(values.size());
  for (const DataType type : codec::all_data_types()) {
    if (type == DataType::bit || (codec::is_bit_table(table) && type != DataType::boolean))
      continue;
    for (const Order order : codec::orders_of(type)) {
      Layout layout = Layout::of(type, order);
      if (type == DataType::string) layout.count = count;
      if (layout.count <= count) append_reading(out, layout, codec::width_of(type), values);
    }
  }
}

}  // namespace

Result<TestRequest> read_test_request(const model::Node& body, const DeviceSettings& device) {
  model::Faults faults("");
  model::NodeReader in(body, {"test", ""}, faults);
  std::string address;
  in.text("address", address, kMaxAddress);
  if (address.empty())
    return fail(ErrorCode::invalid_argument, "'address' is missing; name one like HR:0");
  const auto parsed = codec::parse_address_text(address, device.base);
  if (!parsed) return std::unexpected(parsed.error());
  TestRequest out{parsed->address};
  const std::uint16_t most = most_of(out.address.table);
  if (codec::is_bit_table(out.address.table)) out.count = kDefaultCoils;
  const auto count = whole(in, "count", 1, most);
  if (!count) return std::unexpected(count.error());
  const auto unit = whole(in, "unit", 0, 255);
  if (!unit) return std::unexpected(unit.error());
  if (parsed->count) out.count = *parsed->count;
  if (*count) out.count = static_cast<std::uint16_t>(**count);
  if (*unit) out.unit = static_cast<std::uint8_t>(**unit);
  if (faults.count() > 0) return std::unexpected(faults.errors().front());
  if (out.count > most)
    return fail(ErrorCode::invalid_argument, "one test reads at most {} at once, not {}", most,
                out.count);
  if (out.address.number + std::uint32_t{out.count} > 65536)
    return fail(ErrorCode::invalid_argument, "{} from {} on pass the last address", out.count,
                address);
  return out;
}

std::string test_json(const TestRequest& request, std::uint16_t base,
                      std::span<const std::uint16_t> values, Duration delay) {
  const std::chrono::duration<double> seconds = delay;
  std::string out =
      fmt::format(R"({{"ok":true,"detail":"","delay":{:.6f},"registers":[)", seconds.count());
  append_registers(out, request, base, values);
  out += R"(],"readings":[)";
  append_readings(out, request.address.table, values);
  out += "]}";
  return out;
}

TestRead::TestRead(boost::asio::io_context& loop, DeviceSettings device, Traced traced,
                   TestRequest request, Done done)
    : loop_(loop),
      device_(std::move(device)),
      traced_(std::move(traced)),
      request_(request),
      done_(std::move(done)),
      timer_(loop) {}

void TestRead::run(std::shared_ptr<Client> client) {
  timer_.expires_after(kLongest);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
    if (!code) self->fail_with("no answer; the connection was lost or is busy, try again");
  });
  if (client) return ask(client);
  own_ = std::make_shared<Client>(loop_, std::min(device_.timeout, kLongestTimeout), device_.unit,
                                  traced_);
  own_->connect(device_.host, device_.port, [self = shared_from_this()](const Status& status) {
    if (status) return self->ask(self->own_);
    self->fail_with(status.error().message +
                    "; check host and port, and whether the device takes another connection");
  });
}

void TestRead::ask(const std::shared_ptr<Client>& client) {
  asked_ = base::mono_now();
  client->try_request(
      request_.unit.value_or(device_.unit),
      codec::read_request(request_.address.table, request_.address.number, request_.count),
      [self = shared_from_this()](Result<codec::Response> result) {
        self->answered(std::move(result));
      });
}

void TestRead::answered(Result<codec::Response> result) {
  const Duration delay = base::mono_now() - asked_;
  if (!result) {
    const bool late = result.error().code == ErrorCode::timeout;
    return fail_with(result.error().message +
                     (late ? "; check the unit, and whether the device needs a longer timeout"
                           : "; check that the port is Modbus TCP"));
  }
  if (result->exception)
    return fail_with(fmt::format(
        "the device answered {} to {} from {} on; try fewer, another table or another address",
        codec::to_string(*result->exception), request_.count, codec::to_string(request_.address)));
  finish(test_json(request_, device_.base, result->values, delay));
}

void TestRead::fail_with(std::string detail) {
  std::string out = R"({"ok":false,"detail":)";
  model::append_json_string(out, detail);
  out += R"(,"delay":null,"registers":[],"readings":[]})";
  finish(std::move(out));
}

void TestRead::finish(std::string json) {
  if (!done_) return;
  timer_.cancel();
  if (const auto own = std::exchange(own_, nullptr)) own->close();
  std::exchange(done_, nullptr)(std::move(json));
}

}  // namespace tagwerk::connectors::modbus
