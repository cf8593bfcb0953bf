# frozen_string_literal: true

# A dump that others work beside: it goes on only as far as somebody reads.
module DumpSteps
  # Bytes that are read in a step.
  STEP = 1024 * 1024

  # Our text of the snapshot. Yields again and again while there is still more to come, first when the head of the
  # text has arrived and the readers have filled what they may hold.
  def stepped_text(dump)
    reader, writer = IO.pipe(binmode: true)
    thread = Thread.new { write_and_close(dump, writer) }
    thread.report_on_exception = false
    text = reader.readpartial(STEP)
    yield
    while (part = reader.read(STEP))
      text << part
      yield if thread.alive?
    end
    thread.value
    masked(text)
  ensure
    reader.close
    thread&.kill&.join
  end

  # Runs SQL in a session of its own. Returns the Thread, once the statement waits for a lock.
  def blocked(sql, database)
    thread = Thread.new { cluster.query(sql, database: database) }
    Thread.pass until waits?(sql) || !thread.alive?
    expect(thread).to be_alive
    thread
  end

  def waits?(sql)
    cluster.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $$%#{sql}%$$ " \
                  "AND pid <> pg_backend_pid()") != "0"
  end

  private

  def write_and_close(dump, writer)
    dump.write(writer)
  ensure
    writer.close
  end
end
