#include "connectors/modbus/write.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "protocol/modbus/value.hpp"

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using codec::DataType;
using codec::ExceptionCode;
using codec::WriteForm;

/// A device may need a moment until it shows what it took.
constexpr int kReads = 5;
constexpr auto kReadAgainAfter = std::chrono::milliseconds(50);

constexpr std::string_view kUnknownEffect = "its effect is unknown";
constexpr std::string_view kNotWritten = "nothing was written";
constexpr std::string_view kNotShown = "it was written, but could not be read back";

/// A value of the wrong kind is no fault of its size.
Quality quality_of_refusal(const Value& value, const codec::Layout& layout) {
  const bool text = layout.type == DataType::string;
  const bool number = value.is_number() || value.type() == model::Type::boolean;
  const bool fits = text           ? value.type() == model::Type::string
                    : layout.array ? value.is_array() && value.type() != model::Type::string_array
                                   : number;
  return fits ? model::kBadOutOfRange : model::kBadTypeMismatch;
}

}  // namespace

Write::Write(boost::asio::io_context& loop, std::shared_ptr<Client> client,
             std::vector<PlacedOrder> orders, bool& mask_write, Connector::WritesDone done)
    : client_(std::move(client)),
      orders_(std::move(orders)),
      mask_write_(mask_write),
      done_(std::move(done)),
      timer_(loop),
      outcomes_(orders_.size()) {
  TAGWERK_ASSERT(!orders_.empty() && (orders_.size() == 1 || is_bits()));
}

bool Write::is_bits() const {
  return orders_.front().place.layout.type == DataType::bit;
}

void Write::run() {
  prepare();
  if (std::ranges::all_of(outcomes_, [](const auto& each) { return each.has_value(); }))
    return finish();
  send();
}

void Write::prepare() {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const auto& [place, order] = orders_[i];
    auto raw =
        codec::encode_value(place.layout, codec::rounded_for(place.layout.type, order.value));
    if (!raw) {
      refuse(i, quality_of_refusal(order.value, place.layout), "not sent: " + raw.error().message);
      continue;
    }
    raw_ = std::move(*raw);
    if (!is_bits()) continue;
    const std::uint16_t bit = codec::bit_mask(place.layout);
    mask_ |= bit;
    bits_ = static_cast<std::uint16_t>((bits_ & ~bit) | raw_.front());
  }
}

void Write::refuse(std::size_t order, Quality quality, std::string detail) {
  outcomes_[order] = WriteOutcome{quality, std::move(detail), Value(), {}, false};
}

void Write::ask(Request request, std::string_view when, Next next) {
  client_->request(std::move(request), Client::Urgency::urgent,
                   [self = shared_from_this(), when, next](Result<Response> result) {
                     if (result) return (self.get()->*next)(std::move(*result));
                     const bool late = result.error().code == ErrorCode::timeout;
                     self->finish_open(late ? model::kBadTimeout : model::kBadCommunicationError,
                                       fmt::format("sent: {}; {}", result.error().message, when),
                                       std::unexpected(result.error()));
                   });
}

void Write::send() {
  if (!is_bits()) return write_raw();
  if (mask_write_) return mask();
  change_bits();
}

void Write::mask() {
  const auto keep = static_cast<std::uint16_t>(~mask_);
  ask({codec::Function::mask_write_register,
       orders_.front().place.address.number,
       1,
       {keep, bits_}},
      kUnknownEffect, &Write::written);
}

void Write::change_bits() {
  const codec::Address address = orders_.front().place.address;
  ask(codec::read_request(address.table, address.number, 1), kNotWritten, &Write::on_register);
}

void Write::on_register(Response response) {
  if (response.exception)
    return refused(*response.exception, codec::Access::read,
                   "could not be read, which a bit needs before it is written");
  raw_ = {static_cast<std::uint16_t>((response.values.front() & ~mask_) | bits_)};
  write_raw();
}

void Write::write_raw() {
  const codec::Address address = orders_.front().place.address;
  ask(codec::write_request(address.table, address.number, raw_, form_), kUnknownEffect,
      &Write::written);
}

void Write::written(Response response) {
  if (response.exception == ExceptionCode::illegal_function) {
    if (is_bits() && mask_write_) {
      mask_write_ = false;
      return change_bits();
    }
    if (form_ != WriteForm::multiple) {
      // A device that does not know functions 5 and 6 may still know 15 and 16.
      form_ = WriteForm::multiple;
      return write_raw();
    }
  }
  if (response.exception) return refused(*response.exception, codec::Access::write, "was refused");
  const bool wanted =
      std::ranges::any_of(orders_, [](const PlacedOrder& each) { return each.order.read_back; });
  if (!wanted) return finish_open(model::kGood, "");
  read_back();
}

void Write::read_back() {
  ++reads_;
  const Place& place = orders_.front().place;
  ask(codec::read_request(place.address.table, place.address.number, place.layout.count), kNotShown,
      &Write::shown);
}

bool Write::shows(const Place& place, const std::vector<std::uint16_t>& values) const {
  if (is_bits()) return ((values.front() ^ bits_) & codec::bit_mask(place.layout)) == 0;
  if (values == raw_) return true;
  // A bool register is true for every value but 0.
  return place.layout.type == DataType::boolean &&
         codec::decode_value(place.layout, values) == codec::decode_value(place.layout, raw_);
}

WriteOutcome Write::outcome_of(const PlacedOrder& placed,
                               const std::vector<std::uint16_t>& values) const {
  const auto& [place, order] = placed;
  if (!order.read_back) return {model::kGood, "", Value(), {}};
  Value value = codec::decode_value(place.layout, values).value;
  if (shows(place, values)) return {model::kGood, "", std::move(value), {}};
  std::string detail = fmt::format("the device took the write but shows {} instead of {}",
                                   value.to_json(), order.value.to_json());
  return {model::kBadOutOfRange, std::move(detail), std::move(value), {}};
}

void Write::shown(Response response) {
  if (response.exception)
    return refused(*response.exception, codec::Access::read,
                   "was written, but could not be read back");
  bool all = true;
  MonoTime deadline = MonoTime::max();
  for (const PlacedOrder& each : orders_) {
    all = all && outcome_of(each, response.values).quality.good();
    deadline = std::min(deadline, each.order.deadline);
  }
  if (!all && reads_ < kReads && base::mono_now() + kReadAgainAfter < deadline) return read_again();
  for (std::size_t i = 0; i < orders_.size(); ++i)
    if (!outcomes_[i]) outcomes_[i] = outcome_of(orders_[i], response.values);
  finish();
}

void Write::read_again() {
  timer_.expires_after(kReadAgainAfter);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
    if (!code) self->read_back();
  });
}

void Write::refused(ExceptionCode code, codec::Access access, std::string_view what) {
  finish_open(codec::quality_of(code, access),
              fmt::format("{} {}: {}", codec::to_string(orders_.front().place.address), what,
                          codec::to_string(code)));
}

void Write::finish_open(Quality quality, const std::string& detail, const Status& device) {
  for (auto& each : outcomes_)
    if (!each) each = WriteOutcome{quality, detail, Value(), device};
  finish();
}

void Write::finish() {
  std::vector<WriteOutcome> outcomes;
  for (auto& each : outcomes_)
    outcomes.push_back(std::move(*each));
  done_(std::move(outcomes));
}

}  // namespace tagwerk::connectors::modbus
