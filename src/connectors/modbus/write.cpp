#include "connectors/modbus/write.hpp"

#include <cmath>

namespace tagwerk::connectors::modbus {
namespace {

namespace codec = protocol::modbus;
using codec::ExceptionCode;
using codec::WriteForm;

/// A device may need a moment until it shows what it took.
constexpr int kReads = 5;
constexpr auto kReadAgainAfter = std::chrono::milliseconds(50);

/// The engine's scaling leaves 122.99999999 where 123 is meant.
Value rounded(const Value& value, codec::DataType type) {
  if (value.type() != model::Type::floating || codec::value_type(type) != model::Type::integer)
    return value;
  return Value::of(std::round(value.as_float()));
}

}  // namespace

Write::Write(boost::asio::io_context& loop, std::shared_ptr<Client> client, Place place,
             WriteOrder order, Connector::WriteDone done)
    : client_(std::move(client)),
      place_(place),
      order_(std::move(order)),
      done_(std::move(done)),
      timer_(loop) {}

void Write::run() {
  auto raw = codec::encode_value(place_.type, place_.order, rounded(order_.value, place_.type));
  if (!raw)
    return finish(order_.value.is_number() || order_.value.type() == model::Type::boolean
                      ? model::kBadOutOfRange
                      : model::kBadTypeMismatch,
                  "not sent: " + raw.error().message);
  raw_ = std::move(*raw);
  send();
}

void Write::send() {
  client_->request(codec::write_request(place_.address.table, place_.address.number, raw_, form_),
                   Client::Urgency::urgent,
                   [self = shared_from_this()](Result<codec::Response> result) {
                     self->written(std::move(result));
                   });
}

void Write::written(Result<codec::Response> result) {
  if (!result) return device_failed(result.error(), "its effect is unknown");
  if (result->exception == ExceptionCode::illegal_function && form_ != WriteForm::multiple) {
    // A device that does not know functions 5 and 6 may still know 15 and 16.
    form_ = WriteForm::multiple;
    return send();
  }
  if (result->exception) return refused(*result->exception, codec::Access::write);
  if (!order_.read_back) return finish(model::kGood, "");
  read_back();
}

void Write::read_back() {
  ++reads_;
  client_->request(codec::read_request(place_.address.table, place_.address.number,
                                       static_cast<std::uint16_t>(raw_.size())),
                   Client::Urgency::urgent,
                   [self = shared_from_this()](Result<codec::Response> result) {
                     self->shown(std::move(result));
                   });
}

void Write::shown(Result<codec::Response> result) {
  if (!result) return device_failed(result.error(), "it was written, but could not be read back");
  if (result->exception) return refused(*result->exception, codec::Access::read);
  const Value value = codec::decode_value(place_.type, place_.order, result->values);
  // A bool register is true for every value but 0.
  if (result->values == raw_ || (place_.type == codec::DataType::boolean &&
                                 value == codec::decode_value(place_.type, place_.order, raw_)))
    return finish(model::kGood, "", value);
  if (reads_ < kReads && base::mono_now() + kReadAgainAfter < order_.deadline) return read_again();
  finish(model::kBadOutOfRange,
         fmt::format("the device took the write but shows {} instead of {}", value.to_json(),
                     order_.value.to_json()),
         value);
}

void Write::read_again() {
  timer_.expires_after(kReadAgainAfter);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
    if (!code) self->read_back();
  });
}

void Write::refused(codec::ExceptionCode code, codec::Access access) {
  finish(codec::quality_of(code, access),
         fmt::format("{} {}: {}", codec::to_string(place_.address),
                     access == codec::Access::write ? "was refused"
                                                    : "was written, but could not be read back",
                     codec::to_string(code)));
}

void Write::device_failed(const Error& why, std::string_view when) {
  finish(why.code == ErrorCode::timeout ? model::kBadTimeout : model::kBadCommunicationError,
         fmt::format("sent: {}; {}", why.message, when), Value(), std::unexpected(why));
}

void Write::finish(Quality quality, std::string detail, Value read_back, Status device) {
  done_({quality, std::move(detail), std::move(read_back), std::move(device)});
}

}  // namespace tagwerk::connectors::modbus
