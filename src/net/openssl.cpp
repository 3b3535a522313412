#include "net/openssl.hpp"

#include <openssl/err.h>

namespace tagwerk::net::openssl {

std::string reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text == nullptr ? "unknown reason" : text;
}

int reason_code() {
  return ERR_GET_REASON(ERR_peek_last_error());
}

Bio memory(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace tagwerk::net::openssl
