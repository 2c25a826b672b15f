# intake
intake-report = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}: { $created } created, { $updated } updated, { $unchanged } unchanged, { $quarantined } in quarantine
intake-report-dry-run = Dry run, nothing is written. { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}: { $created } would be created, { $updated } updated, { $unchanged } unchanged, { $quarantined } quarantined
intake-report-further = and { $count ->
    [one] { $count } further row
   *[other] { $count } further rows
} in quarantine
intake-fault = { $place }: { $reason }. { $remedy }
intake-file-mapping-faults = The mapping has faults: { $faults }
intake-file-broke-off = The file broke off: { $error }. Import it again
intake-file-temporary = The import's temporary file failed: { $error }. Look at the space and the rights of the folder for temporary files (TMPDIR)
intake-file-empty = The file is empty. Save the sheet as “CSV UTF-8” again, with its rows
intake-file-too-large = the file is larger than { $bytes_max } bytes; split it
intake-file-utf-16 = The file is written in UTF-16: save it as “CSV UTF-8”
intake-file-mixed-encodings = The file is in UTF-8 (line { $utf8_line }) and in Windows-1252 (line { $windows_line }): save it as “CSV UTF-8”, or declare in the mapping the encoding of the lines to import
intake-file-workbook = The file is a workbook or archive, no CSV file: save the sheet as “CSV UTF-8”
intake-file-no-heading = None of the first { $lines } lines has all columns of the mapping; missing: { $missing }. Add them to the file or correct their names; for a column that the hub does not have, take it out of the mapping, mark its field “optional = true”, or give it a constant with “value”
intake-file-column-twice = Two columns have the heading { $column }: rename one of them
intake-file-too-many-rows = The file has more than { $rows_max } rows: split it
intake-file-too-many-broken-lines = More than { $lines_max } lines cannot be split into cells: check quotes and delimiter
intake-file-quarantine-full = More than { $rows_max } rows of this source would wait in quarantine: mend the file or its mapping, or discard rows that wait, then import it again
intake-file-stopped = Before that, { $rows ->
    [one] { $rows } row was
   *[other] { $rows } rows were
} imported or quarantined; importing the file again is safe
intake-call-broke-off = The node did not answer to the end: a part of the file may have been written. Importing it again is safe
intake-columns-unused = Columns not used: { $columns }
intake-place-line = Line { $line }
intake-place-cell = Line { $line }, column { $column }
intake-empty = The cell is empty
intake-empty-remedy = Fill it in, or say in the mapping what an empty cell means
intake-read-as-empty = “{ $cell }” is read as “not known”, and this value is required
intake-read-as-empty-remedy = Write the value, or say in the mapping what an empty cell means (default)
intake-key-empty = The cell that names the row is empty
intake-key-empty-remedy = Give the row its number; if it is a total or a remark, leave it here
intake-key-read-as-empty = “{ $cell }” is read as “not known”, and this cell names the row
intake-key-read-as-empty-remedy = Give the row its number; if it is a total or a remark, leave it here
intake-too-long = The text takes more than { $bytes_max } bytes
intake-too-long-remedy = Shorten it
intake-unknown-spelling = “{ $cell }” is no code of the list and no known spelling
intake-unknown-spelling-remedy = Correct the cell, or add this spelling to the mapping
intake-several-codes = “{ $cell }” can stand for several codes
intake-several-codes-remedy = Write the code, or say in the mapping which one is meant
intake-neither-yes-nor-no = “{ $cell }” is neither yes nor no
intake-neither-yes-nor-no-remedy = Write yes or no
intake-no-date = “{ $cell }” is no date
intake-no-date-remedy = Write it like 31/12/2026 or 2026-12-31
intake-date-ambiguous = The date “{ $cell }” can be read in several ways
intake-date-ambiguous-remedy = Declare the order in the mapping (dates = "day-month-year"), or write 2026-12-31
intake-date-serial = “{ $cell }” is a spreadsheet's day number
intake-date-serial-remedy = Format the column as dates, then save as CSV again
intake-no-such-day = The day “{ $cell }” does not exist, or its year makes no sense
intake-no-such-day-remedy = Correct the date
intake-no-number = “{ $cell }” is no number
intake-no-number-remedy = Write the number only, like 12 500 000
intake-number-ambiguous = The number “{ $cell }” can be read in two ways
intake-number-ambiguous-remedy = Declare the decimal mark in the mapping (decimal = ",")
intake-not-whole = “{ $cell }” is no whole number
intake-not-whole-remedy = Write a whole number
intake-out-of-range = The number “{ $cell }” is out of range
intake-out-of-range-remedy = Check it: it is negative or too large
intake-too-many-telephones = More than { $most } telephone numbers
intake-too-many-telephones-remedy = Keep the main ones
intake-answer-undated = The answer is described but has no date
intake-answer-undated-remedy = Give the day of the answer
intake-follow-up-undated = The follow-up is described but has no date
intake-follow-up-undated-remedy = Give the day of the follow-up
intake-unclosed-quote = A quotation mark is not closed
intake-unclosed-quote-remedy = Close or remove it, then import again
intake-stray-quote = Text follows a closing quote
intake-stray-quote-remedy = Remove the stray quote; if it is part of the text, put the whole cell in quotes and double it ("")
intake-line-break = “{ $cell }” contains a line break
intake-line-break-remedy = Remove it; if the cell contains the lines that follow in the file, remove the quote that opens it
intake-control-character = “{ $cell }” contains an invisible control character
intake-control-character-remedy = Type the cell again
intake-line-too-long = The line has more than { $bytes_max } bytes or { $cells_max } cells
intake-line-too-long-remedy = Check that it is a row of the table
intake-not-utf-8 = The line is not in UTF-8 like the rest of the file
intake-not-utf-8-remedy = Save the whole file as “CSV UTF-8”
intake-not-windows-1252 = The line is in UTF-8, unlike the rest of the file
intake-not-windows-1252-remedy = Save the whole file as “CSV UTF-8”
intake-too-many-cells = The row has { $found } cells, the heading { $expected }
intake-too-many-cells-remedy = Put cells that contain the delimiter in quotation marks
intake-too-few-cells = The row has { $found } cells, the heading { $expected }
intake-too-few-cells-remedy = Complete the row; it may have been cut off
intake-contradicts = Line { $first_line } has the same key and says something else
intake-contradicts-remedy = Keep the right one of the two, or give this one its own key
intake-repeats-refused = The row repeats line { $first_line }, which was not imported
intake-repeats-refused-remedy = Correct the first one
intake-unknown-enterprise = The enterprise is not known
intake-unknown-enterprise-remedy = Import the file of enterprises first, then this one again
intake-row-damaged = The stored row is damaged and cannot be read
intake-row-damaged-remedy = Discard it and import its file again
intake-refused-unknown-code = The code is not in the list { $list }
intake-refused-unknown-code-remedy = Correct the cell or the mapping
intake-refused-foreign = The region is one of another country
intake-refused-foreign-remedy = Correct the cell or the mapping
intake-refused-not-in-force = The region was not in force at any time since the registration
intake-refused-not-in-force-remedy = Give the region as it was called on that day, or as it is called now
intake-refused-too-long = The text takes more than { $bytes_max } bytes
intake-refused-too-long-remedy = Shorten it
intake-refused-empty = The value is missing
intake-refused-empty-remedy = Fill it in
intake-refused-in-future = The day has not come yet
intake-refused-in-future-remedy = Correct the date, or import the row later
intake-refused-not-after-withdrawal = The consent was given no later than one for this purpose was withdrawn
intake-refused-not-after-withdrawal-remedy = Give the day of a later consent
intake-refused-before = The day lies before that of { $other }
intake-refused-before-remedy = Correct one of the two dates
intake-refused-out-of-range = The value is not between { $least } and { $most }
intake-refused-out-of-range-remedy = Check it
intake-refused-rule-mismatch = The size class does not fit the headcount or turnover
intake-refused-rule-mismatch-remedy = Check these three cells
intake-refused-other-currency = The value rests on an amount of money, and this country's currency is not the one that amounts are reckoned in
intake-refused-other-currency-remedy = Leave the amount out of the mapping, or give the size class itself
intake-refused-no-holding = The cell does not name one holding group
intake-refused-no-holding-remedy = An enterprise belongs to one group only: write its one code, a capital letter followed by capital letters, digits and hyphens
intake-refused-only-by-step = The value changes only by a step of the life cycle
intake-refused-only-by-step-remedy = Record the step in the program
# disclosure
disclosure-protecting = Protecting the table …
disclosure-auditing = Auditing the pattern …
disclosure-cells = Cells that are not zero, margins included: { $cells }; sensitive: { $sensitive }; hidden for their sake: { $secondary }; published: { $published }
disclosure-kept = Kept: { $cells } % of these cells, { $value } % of the sum of their values
disclosure-narrowest = Narrowest interval of a sensitive cell, for an outsider: { $percent } % of its value
disclosure-narrowest-none = No interval of a sensitive cell is bounded above
disclosure-tried = { $attacker } ({ $who }): tried: { $tried }; open: { $open }
disclosure-further = { $count ->
    [one] and { $count } further cell
   *[other] and { $count } further cells
}; --format json has all
disclosure-attacker-a0 = an outsider who adds up
disclosure-attacker-a1 = also knows that zeros are published
disclosure-attacker-a2 = also knows which cells are sensitive
disclosure-attacker-a3 = also is the only contributor of some cells
disclosure-attacker-a4 = also knows that counts are whole numbers
disclosure-open = The pattern is open: hide more cells, for example with “essaim disclosure protect”
disclosure-safe = No cell is open
disclosure-checking = Checking the releases of { $count } members …
disclosure-release-verified = verified
disclosure-release-failed = FAILED
disclosure-release-open = not checkable
disclosure-release-pending = not yet
disclosure-release-told = { $cell }, { $measure }: between { $lower } and { $upper }
disclosure-release-guessed = { $count ->
    [one] { $count } measure of hidden cells could be told if all figures added up over time; that is no fault
   *[other] { $count } measures of hidden cells could be told if all figures added up over time; that is no fault
}
disclosure-releases-verified = Nothing published tells a hidden cell
disclosure-releases-failed = Hidden cells can be told: ask the members named to withhold what gives them away
disclosure-releases-none = There are no releases

# release
release-passed = The audit passed: with { $hidden } of { $cells } cells hidden, none of the { $sensitive } sensitive ones can be deduced from what is published now or was before ({ $proven } demands proven).
release-passed-incident = The audit passed for all that earlier releases do not give away already: see the incident below. Hidden: { $hidden } of { $cells } cells, { $sensitive } of them sensitive ({ $proven } demands proven).
release-withheld = Withheld as a whole: none of the { $cells } cells is published ({ $proven } demands proven).
release-withheld-incident = Withheld as a whole, but earlier releases give cells away: see the incident above.
release-lowered = { $count ->
    [one] { $count } demand asks
   *[other] { $count } demands ask
} for less than the rules: zeros and earlier releases bound these values from below, whatever is hidden.
release-insiders = { $count ->
    [one] { $count } contributor or coalition of contributors was
   *[other] { $count } single contributors and coalitions of contributors were
} tried, with what each knows of its own part: none can tell what others contribute.
release-insiders-incident = { $count ->
    [one] { $count } contributor or coalition of contributors was
   *[other] { $count } single contributors and coalitions of contributors were
} tried, with what each knows of its own part: but for what is named as given away or not shown to be protected, none can tell what others contribute.
release-told = { $count ->
    [one] { $count } hidden count
   *[other] { $count } hidden counts
} can be told by anybody who knows which cells are sensitive, because zeros are published: two contributors of one each, for instance. Never tell anybody outside the hub why a cell is hidden.
release-incident = INCIDENT: { $count ->
    [one] a figure
   *[other] { $count } figures
} that must stay hidden can be told, or bounded closer than the rules allow, from earlier releases alone, by everybody or by some of those who contribute. This release adds nothing to it, and hiding more of it would not help:
release-incident-remedy = What to do: nobody can take a publication back. Inform the coordinator and the person in charge of data protection at the hub, without naming the figures in a message; together, decide whether the enterprises concerned must be told. Later releases are protected with this in view.
release-unproven = Not shown to be protected, which does not mean that they are given away; later releases are held to them:
release-narrowest = Intervals are at least this wide. A0, A1, A4, A5, A6 and A8 were tried as one who knows all of that at once. A7, a member inside a federation total, knows nothing besides: totals are sums of published cells.
release-attacker-a0 = what is published
release-attacker-a1 = also that zeros are published
release-attacker-a2 = also which cells are sensitive
release-attacker-a3 = also his own part, or that of his coalition
release-attacker-a4 = also that counts are whole numbers
release-attacker-a5 = also the bounds in the catalogue
release-attacker-a6 = also all earlier releases
release-attacker-a8 = also counts together with values
release-hidden = Of { $cells } cells, { $not_zero } are not zero. Hidden because they are sensitive: { $primary }; hidden so that these cannot be deduced: { $secondary }.
release-kept = Kept: { $cells } % of the cells that are not zero, { $counts } % of all that is counted (in inner cells).
release-kept-value = Kept of { $measure }: { $percent } % (in inner cells).
release-changes-first = { $period }: there is no earlier release to compare it with. Sensitive cells: { $primary }.
release-changes = { $period } beside { $since }: { $compared } cells are in both; { $hidden } were published and are hidden now, { $published } were hidden and are published now. Sensitive cells: { $before } then, { $primary } now.
release-changes-hidden = Hidden now:
release-changes-published = Published now:
release-further = and { $count } more
release-revised = { $period }: { $count ->
    [one] { $count } cell differs
   *[other] { $count } cells differ
} from what earlier releases make of them: records came late or were corrected, or a consent was given or withdrawn.
release-coarser = Sensitive: { $primary } of { $cells } cells that are not zero; in the tables below more than { $percent } %. Under a coarser table plan from { $from } on, with all that is proposed, it would be { $coarser_primary } of { $coarser_cells }, on the same records:
release-coarser-unchanged = Sensitive: { $primary } of { $cells } cells that are not zero; in the tables below more than { $percent } %. No coarser form of these tables that keeps any cell is better:
release-coarser-no-table = Sensitive: { $primary } of { $cells } cells that are not zero, more than { $percent } %, but of no single table: there is nothing coarser to propose.
release-coarser-remedy = This release stays as it is. The plan is the same for all members and changes only with a new version that they agree on: ask the coordinator for a coarser plan from { $from } on. These figures stay at the hub, and are no part of that request.
release-yes = yes
release-coarser-year = the year only
release-coarser-dropped = the year only: this table is dropped, and the release has none of the year instead
release-coarser-now = as it is
release-coarser-now-best = as it is: no coarser form is better
release-coarser-total = the total alone
release-state-unspecified = unknown
release-state-audited = audited, to be approved
release-state-approved = approved, to be published
release-state-publishing = being published
release-state-published = published
release-state-withholding = to be withheld, to be approved
release-state-withheld = withheld
release-mark-unspecified = unknown
release-mark-published = published
release-mark-hidden-primary = hidden: sensitive
release-mark-hidden-secondary = hidden: for others
release-figures-confidential = Confidential: these are the hub's own figures, hidden ones included. They do not go into a message, a screenshot or a print.
release-differences = Sensitive figures that readers could make by adding and subtracting cells; they, too, cannot be deduced:
release-why-few-enterprises = too few enterprises
release-why-few-groups = too few holding groups
release-why-ratio = { $measure }: one contributor could estimate another (p %)
release-why-share = { $measure }: the largest have too much of it (n, k)
release-why-complement = complement of a ratio
release-why-revision = difference from earlier releases
release-why-same-of-all = says the same of a whole small group
release-why-earlier-rules = sensitive under the rules of then
release-why-not-kept = sensitive; who contributes was not kept
release-why-others = so that others cannot be deduced
release-why-group = zero; all cells of its kind are hidden
release-why-withheld = withheld with the release
release-why-unspecified = a reason that this program does not know

# Headings, labels of fields, and what the numbers of an audit mean
column-table = table
column-by = by
column-period = period
column-cells = cells
column-hidden = hidden
column-kept-inner = kept in inner cells
column-attacker = attacker
column-knows = knows
column-tried = tried
column-figures = figures
column-narrowest-count = narrowest count
column-narrowest-value = narrowest value
column-narrowest-share = narrowest share
column-instead = instead
column-sensitive = sensitive
column-share = share
column-proposed = proposed
column-population = population
column-cell = cell
column-mark = mark
column-enterprises = enterprises
column-contributors = contributors
column-why = why
column-difference = difference
column-field = field
column-value = value
column-meaning = what it means
column-node = node
column-member = member
column-release = release
column-verdict = verdict
column-guessed = guessed
column-reason = reason
field-name = name
field-period = period
field-state = state
field-drafted-by = drafted by
field-approved-by = approved by
field-published-by = published by
field-entry = entry
field-skipped-periods = skipped periods
field-reason = reason
field-cause = cause
field-attackers = attackers
field-cells = cells
field-hidden-cells = hidden cells
field-sensitive-cells = sensitive cells
field-demands-proven = demands proven
field-demands-lowered = demands lowered
field-counter-examples = counter-examples
field-relations = relations
field-relations-broken = relations broken
field-insiders = insiders
field-told-by-status = told by status
meaning-attackers = whom the release was tried against; see the next table
meaning-cells = of all tables, margins included, each once
meaning-hidden-cells = of these cells, for whatever reason
meaning-sensitive-cells = of these cells, which the rules forbid anybody to tell
meaning-demands-proven = uncertainties that the rules demand, and that were proven: one for each sensitive count, up to two for each value, earlier releases included
meaning-demands-lowered = those of them that ask for less than the rules, because zeros and earlier releases bound the figure whatever is hidden
meaning-counter-examples = sets of other figures that fit all that is published: the proofs of the demands
meaning-relations = sums and bounds that an attacker can reckon with; tells only how large the audit was
meaning-relations-broken = figures over time that do not add up, because records came late or were corrected, or a consent was withdrawn; not alarming
meaning-insiders = single contributors and coalitions that were tried with what each knows of its own part
meaning-told-by-status = hidden counts that whoever knows which cells are sensitive can tell: never say why a cell is hidden
