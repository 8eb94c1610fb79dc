#include "context_layout.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "byte_reader.hpp"
#include "failure.hpp"

namespace rwkv {
namespace {

constexpr std::string_view format_words("\0\0\0\2\0\0\0\3\0\0\0\0\0\0\0\1", 16);
constexpr const char* rebuild_hint = "build the context again";

enum class Content {
  number,   // `width` bytes in the table itself
  form,     // 32 bits that say which form another part has: `width`, the one known
  text,     // a length, its bytes, a zero
  list,     // a length and numbers of `width` bytes
  table,
  tables,   // a length and offsets to tables
  choice,   // a table whose form is the byte in the field before: `width`, the one known
};

struct TableRule;

struct FieldRule {
  std::size_t place;
  Content content;
  std::size_t width = 0;
  const TableRule* table = nullptr;
  int count = -1;   // the place of a number that says a list's length once more
};

struct TableRule {
  std::span<const FieldRule> fields;
};

// What libQnnSystem gives out as a Qnn_Tensor.
constexpr FieldRule sparse_fields[]{{0, Content::number, 4}, {1, Content::number, 4}};
constexpr TableRule sparse{sparse_fields};
constexpr FieldRule sparse_parameter_fields[]{{0, Content::number, 4}, {1, Content::table, 0, &sparse}};
constexpr TableRule sparse_parameters{sparse_parameter_fields};
constexpr FieldRule scale_offset_fields[]{{0, Content::number, 4}, {1, Content::number, 4}};
constexpr TableRule scale_offset{scale_offset_fields};
constexpr FieldRule tensor_fields[]{{0, Content::number, 4},   // id
                                    {1, Content::number, 4},   // kind
                                    {2, Content::number, 4},   // format of the data
                                    {3, Content::number, 4},   // element type
                                    {4, Content::number, 4},   // whether it is quantised
                                    {5, Content::number, 4},
                                    {6, Content::number, 4},             // rank
                                    {7, Content::list, 4, nullptr, 6},   // dimensions
                                    {8, Content::list, 1},               // which of them are dynamic
                                    {9, Content::text},                  // name
                                    {10, Content::form, 0},              // of memory: none
                                    {11, Content::list, 1},              // its content
                                    {12, Content::table, 0, &sparse_parameters},
                                    {13, Content::form, 0},   // quantised by one scale and one offset
                                    {14, Content::number, 1},
                                    {15, Content::choice, 1, &scale_offset}};
constexpr TableRule tensor{tensor_fields};

constexpr FieldRule graph_1_fields[]{{0, Content::text},
                                     {1, Content::number, 4},
                                     {2, Content::tables, 0, &tensor, 1},   // inputs
                                     {3, Content::number, 4},
                                     {4, Content::tables, 0, &tensor, 3}};   // outputs
constexpr TableRule graph_1{graph_1_fields};
constexpr FieldRule graph_2_fields[]{
    {0, Content::table, 0, &graph_1}, {1, Content::number, 4}, {2, Content::tables, 0, &tensor, 1}};   // updateable
constexpr TableRule graph_2{graph_2_fields};
constexpr FieldRule graph_3_fields[]{
    {0, Content::table, 0, &graph_2}, {1, Content::number, 4}, {2, Content::list, 1, nullptr, 1}};   // the HTP's blob
constexpr TableRule graph_3{graph_3_fields};
constexpr FieldRule graph_fields[]{{0, Content::form, 3}, {1, Content::number, 1}, {2, Content::choice, 3, &graph_3}};
constexpr TableRule graph{graph_fields};

constexpr FieldRule core_fields[]{{0, Content::number, 4}, {1, Content::number, 4}};
constexpr TableRule core{core_fields};
constexpr FieldRule any_core_fields[]{{0, Content::number, 1}, {1, Content::choice, 1, &core}};
constexpr TableRule any_core{any_core_fields};
constexpr FieldRule device_fields[]{
    {0, Content::number, 4}, {1, Content::number, 4}, {2, Content::tables, 0, &any_core}};
constexpr TableRule device{device_fields};
constexpr FieldRule any_device_fields[]{{0, Content::number, 1}, {1, Content::choice, 1, &device}};
constexpr TableRule any_device{any_device_fields};
constexpr FieldRule hardware_fields[]{{0, Content::tables, 0, &any_device}};
constexpr TableRule hardware{hardware_fields};

constexpr FieldRule info_fields[]{{0, Content::number, 4},    // backend
                                  {1, Content::text},         // build id
                                  {2, Content::number, 12},   // core API
                                  {3, Content::number, 12},   // backend API
                                  {4, Content::text},         // SoC
                                  {5, Content::number, 12},   // version of the HTP's blob
                                  {6, Content::number, 4},
                                  {7, Content::number, 4},
                                  {8, Content::tables, 0, &tensor, 7},   // of the context
                                  {9, Content::number, 4},
                                  {10, Content::tables, 0, &graph, 9},
                                  {11, Content::number, 8},   // bytes of the HTP's blob
                                  {12, Content::number, 1},
                                  {13, Content::choice, 1, &hardware},
                                  {14, Content::number, 4},
                                  {15, Content::list, 1, nullptr, 14},   // the HTP's own figures
                                  {16, Content::number, 4}};             // SoC
constexpr TableRule info{info_fields};
constexpr FieldRule holder_fields[]{{0, Content::form, 3}, {1, Content::number, 1}, {2, Content::choice, 3, &info}};
constexpr TableRule holder{holder_fields};
constexpr FieldRule root_fields[]{{0, Content::table, 0, &holder}};
constexpr TableRule root{root_fields};

class DescriptionCheck {
 public:
  DescriptionCheck(std::span<const std::byte> bytes, const std::string& name)
      : bytes_(bytes), name_(name), tables_left_(bytes.size() / 4) {}

  void run() { check_table(offset_at(0), root); }

 private:
  [[noreturn]] void refuse(FailureKind kind, const std::string& cause) const {
    throw Failure(kind, name_, "is not a context binary that QNN can read: its description " + cause, rebuild_hint);
  }
  [[noreturn]] void refuse_place(std::size_t at) const {
    refuse(FailureKind::format, "is damaged at byte " + std::to_string(at));
  }

  template <typename Number>
  Number number_at(std::size_t at) const {
    if (at > bytes_.size() || sizeof(Number) > bytes_.size() - at) refuse_place(at);
    Number number;
    std::memcpy(&number, bytes_.data() + at, sizeof number);
    return number;
  }

  // Where an offset leads that is counted from itself.
  std::size_t offset_at(std::size_t at) const { return at + number_at<std::uint32_t>(at); }

  // The length of a list whose elements lie within the description.
  std::uint32_t list_at(std::size_t at, std::size_t width) const {
    const auto count = number_at<std::uint32_t>(at);
    if (count > (bytes_.size() - at - 4) / width) refuse_place(at);
    return count;
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  std::size_t tables_left_;   // tables that share their parts could otherwise be gone through for ever

  struct Table {
    std::size_t at;
    std::size_t bytes;
    std::size_t offsets;   // where those of its fields are
    std::size_t places;
  };

  Table table_at(std::size_t at) {
    if (tables_left_-- == 0) refuse(FailureKind::format, "is damaged: it has more tables than room for them");
    const auto back = number_at<std::int32_t>(at);
    const auto offsets = static_cast<std::int64_t>(at) - back;
    if (offsets < 0) refuse_place(at);
    const auto begin = static_cast<std::size_t>(offsets);
    const std::size_t offset_bytes = number_at<std::uint16_t>(begin), bytes = number_at<std::uint16_t>(begin + 2);
    if (offset_bytes < 4 || offset_bytes % 2 != 0 || offset_bytes > bytes_.size() - begin) refuse_place(begin);
    if (bytes < 4 || bytes > bytes_.size() - at) refuse_place(begin);
    return {at, bytes, begin + 4, offset_bytes / 2 - 2};
  }

  // Where a field of `width` bytes stands; 0 for one that isn't there and so has its default.
  std::size_t field_of(const Table& table, std::size_t place, std::size_t width) const {
    if (place >= table.places) return 0;
    const std::size_t offset = number_at<std::uint16_t>(table.offsets + 2 * place);
    if (offset == 0) return 0;
    if (offset < 4 || offset > table.bytes || width > table.bytes - offset) refuse_place(table.offsets + 2 * place);
    return table.at + offset;
  }

  void check_table(std::size_t at, const TableRule& rule) {
    const Table table = table_at(at);
    for (std::size_t place = rule.fields.size(); place < table.places; ++place) {
      if (field_of(table, place, 1) != 0) refuse(FailureKind::version, "has a field that isn't known");
    }
    for (const FieldRule& field : rule.fields) check_field(table, field);
  }

  void check_field(const Table& table, const FieldRule& rule) {
    if (rule.content == Content::number) {
      field_of(table, rule.place, rule.width);
      return;
    }
    if (rule.content == Content::form) {
      const std::size_t at = field_of(table, rule.place, 4);
      return check_form(at == 0 ? 0 : number_at<std::uint32_t>(at), rule);
    }
    const std::size_t field = field_of(table, rule.place, 4);
    if (field == 0) refuse(FailureKind::format, "is damaged: a field is missing");
    const std::size_t target = offset_at(field);
    switch (rule.content) {
      case Content::number:
      case Content::form:
        break;
      case Content::text:
        if (number_at<char>(target + 4 + list_at(target, 1)) != '\0') refuse_place(target);
        break;
      case Content::list:
        check_count(table, rule, list_at(target, rule.width));
        break;
      case Content::table:
        check_table(target, *rule.table);
        break;
      case Content::tables: {
        const auto count = list_at(target, 4);
        check_count(table, rule, count);
        for (std::size_t i = 0; i < count; ++i) check_table(offset_at(target + 4 + 4 * i), *rule.table);
        break;
      }
      case Content::choice: {
        const std::size_t form = field_of(table, rule.place - 1, 1);
        check_form(form == 0 ? 0 : number_at<std::uint8_t>(form), rule);
        check_table(target, *rule.table);
        break;
      }
    }
  }

  void check_form(std::uint32_t found, const FieldRule& rule) const {
    if (found == rule.width) return;
    refuse(FailureKind::version,
           "has a part of version " + std::to_string(found) + ", but only " + std::to_string(rule.width) + " is known");
  }

  void check_count(const Table& table, const FieldRule& rule, std::uint32_t count) const {
    if (rule.count < 0) return;
    const std::size_t field = field_of(table, static_cast<std::size_t>(rule.count), 4);
    if (count != (field == 0 ? 0 : number_at<std::uint32_t>(field))) refuse_place(field == 0 ? table.at : field);
  }
};

}   // namespace

void check_context_layout(std::span<const std::byte> binary, const std::string& name) {
  const auto refuse = [&] {
    throw Failure(FailureKind::format, name,
                  "is not a context binary that QNN can read (damaged, truncated or another kind of file)",
                  rebuild_hint);
  };
  ByteReader in(binary, name, rebuild_hint);
  if (in.left() < format_words.size() + 3 * sizeof(std::uint64_t) || in.text(format_words.size()) != format_words)
    refuse();
  const auto description = in.number<std::uint64_t>(), offset = in.number<std::uint64_t>(),
             bytes = in.number<std::uint64_t>();
  if (description > in.left() || offset > binary.size() || bytes > binary.size() - offset) refuse();
  DescriptionCheck(in.take(description), name).run();
}

}   // namespace rwkv
