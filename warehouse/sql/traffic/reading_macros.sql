-- How texts of files become instants and numbers: the one place for every way a file may be read.

-- Microseconds of a whole number since 1970: its digits tell seconds, milliseconds, microseconds and nanoseconds apart from 2001 to 2286.
create or replace temp macro epoch_digits_us(stamp) as
    case
        when not regexp_full_match(stamp, '\s*\d{10}(\d{3}|\d{6}|\d{9})?([.]\d+)?\s*') then null
        when strlen(split_part(trim(stamp), '.', 1)) = 10 then try_cast(round(try_cast(stamp as double) * 1e6) as bigint)
        when strlen(split_part(trim(stamp), '.', 1)) = 13 then try_cast(round(try_cast(stamp as double) * 1e3) as bigint)
        when strlen(split_part(trim(stamp), '.', 1)) = 16 then try_cast(split_part(trim(stamp), '.', 1) as bigint)
        else try_cast(split_part(trim(stamp), '.', 1) as bigint) // 1000
    end;

-- Microseconds of days since 1899-12-30, as spreadsheets count them, to the nearest second.
create or replace temp macro serial_day_us(stamp, zone) as
    epoch_us(timezone(zone, make_timestamp((round(try_cast(stamp as double) * 86400) * 1e6)::bigint - 2209161600000000)));

-- Microseconds of an instant written as text. An offset or zone written in it always counts; `zone` is for texts without one.
-- A year has four digits: 18 is not the year 18. A leap second is the second after the one before it.
create or replace temp macro text_instant_us(stamp, zone) as
    case
        when strlen(stamp) = 19 and stamp[5] = '-' and stamp[17] = ':' and stamp[18] <> '6' and zone = 'UTC' then epoch_us(try_cast(stamp as timestamp))
        when regexp_full_match(stamp, '\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]+\d{1,2}(:\d{1,2}(:\d{1,2}([.]\d+)?)?)?)?\s*')
            then epoch_us(timezone(zone, try_cast(regexp_replace(stamp, ':60([.]0*)?\s*$', ':59') as timestamp)))
                + case when regexp_matches(stamp, ':60([.]0*)?\s*$') then 1000000 else 0 end
        when regexp_matches(stamp, '^\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]+\d{1,2}:\d{2}')
            then epoch_us(try_cast(regexp_replace(
                regexp_replace(regexp_replace(trim(stamp), '\s+([+-]\d)', '\1'), '\s*([zZ]|(?i:gmt|utc))$', '+00'),
                '([T ]\d{1,2}:\d{2})([+-])', '\1:00\2'
            ) as timestamptz))
        when regexp_full_match(stamp, '\s*\d{5}([.]\d+)?\s*') then serial_day_us(stamp, zone)
        else epoch_digits_us(stamp)
    end;

-- Microseconds of the instant of a row. `time_kind` says what its stamp is: text (auto), text of stated formats, a number of units since
-- 1970 or of days since 1899-12-30 (as spreadsheets count), microseconds already, or nothing.
create or replace temp macro instant_us(stamp, time_kind, stamp_us, formats, has_offset, zone, earliest_us) as
    case
        when time_kind = 'none' then earliest_us::bigint
        when time_kind = 'microseconds' then try_cast(stamp as bigint)
        when time_kind = 'epoch' and stamp_us < 1 then try_cast(trim(cast(stamp as varchar)) as bigint) // 1000
        when time_kind = 'epoch' then try_cast(try_cast(stamp as double) * stamp_us as bigint)
        when time_kind = 'serial' then serial_day_us(stamp, zone)
        when time_kind = 'format' and has_offset then epoch_us(try_strptime(cast(stamp as varchar), formats))
        when time_kind = 'format' then epoch_us(timezone(zone, try_strptime(cast(stamp as varchar), formats)))
        else text_instant_us(cast(stamp as varchar), zone)
    end;

-- A number written as text. With a decimal comma, points stand before groups of three; 12.5 is then no number. Commas before groups of three
-- are read without being stated only where they can't be a decimal sign (1,234,567 or 1,234.5).
create or replace temp macro plain_number(text, decimal_comma, thousands) as
    case
        when decimal_comma then
            case when regexp_full_match(replace(text, thousands, ''), '\s*[-+]?(\d{1,3}(\.\d{3})+([^.\d][^.]*)?|[^.]*)\s*')
                then try_cast(replace(replace(replace(text, thousands, ''), '.', ''), ',', '.') as double) end
        when thousands <> '' then
            case when regexp_full_match(replace(text, thousands, ','), '\s*[-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][-+]?\d+)?\s*')
                then try_cast(replace(text, thousands, '') as double) end
        else coalesce(
            try_cast(text as double),
            case when regexp_full_match(text, '\s*[-+]?\d{1,3}((,\d{3}){2,}(\.\d+)?|(,\d{3})+\.\d+)\s*') then try_cast(replace(text, ',', '') as double) end
        )
    end;

-- A value of a cell in the unit of the source; a unit written in the cell counts instead ("12.5 Gb/s"). Columns of numbers have neither.
create or replace temp macro cell_number(value, decimal_comma, thousands, bits, unit_names, unit_bits) as
    case
        when typeof(value) <> 'VARCHAR' then try_cast(value as double)
        else coalesce(
            plain_number(cast(value as varchar), decimal_comma, thousands),
            plain_number(regexp_extract(cast(value as varchar), '^(.*?[\d.,])\s*[A-Za-z]+(/[A-Za-z]+)?\s*$', 1), decimal_comma, thousands)
                * unit_bits[list_position(unit_names, regexp_extract(cast(value as varchar), '([A-Za-z]+(?:/[A-Za-z]+)?)\s*$', 1))] / bits
        )
    end;

-- Microseconds of the commonest form of a stamp, 2026-03-31 23:55 with or without seconds, in UTC; null for any other, which needs a second
-- look: an offset may follow it.
create or replace temp macro plain_instant_us(stamp) as
    case when strlen(stamp) = 16 or (strlen(stamp) = 19 and stamp[17] = ':') then epoch_us(try_cast(stamp as timestamp)) end;
