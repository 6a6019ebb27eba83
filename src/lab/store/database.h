// SQLite as the store uses it: a connection, prepared statements, transactions, and every failure as a base::Error with the file's path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace manabi::lab {

class Database {
 public:
  enum class Mode { read, write };

  // `read` falls back to an immutable view where SQLite's own files cannot be created beside the database.
  Database(std::string path, Mode mode);

  const std::string& path() const { return path_; }
  void run(const std::string& sql) const;
  int64_t integer(const std::string& sql) const;  // the first column of the first row
  int64_t last_id() const;
  int64_t changes() const;  // rows that the last statement touched

  // Throws the base::Error for an SQLite result code.
  [[noreturn]] void fail(int code) const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  void open(const std::string& name, int flags);
  bool is_readable() const;

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement; reusable: bind() starts it anew. Parameters and columns are taken in the order in which they are written.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  template <class... Values>
  Statement& bind(const Values&... values) {
    restart();
    int index = 0;
    (put(++index, values), ...);
    return *this;
  }
  bool step();  // whether there is a row
  void run() {
    while (step()) {
    }
  }

  int64_t integer(int column) const;
  double number(int column) const;  // NULL is NaN
  std::string text(int column) const;
  std::span<const std::byte> bytes(int column) const;  // until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void restart();
  void put(int index, int64_t value);
  void put(int index, double value);
  void put(int index, const std::string& value);
  void put(int index, std::span<const std::byte> value);
  void check(int code) const;

  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One view of the data for reading, or one change of it as a whole: rolled back unless committed.
class Transaction {
 public:
  Transaction(const Database& database, Database::Mode mode);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
  bool is_open_ = true;
};

}  // namespace manabi::lab
