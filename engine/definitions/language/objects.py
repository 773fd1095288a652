"""Declares the keys of objects: states, actions, posts, checks, views and forms. Builds nothing."""

from __future__ import annotations

from engine.definitions.shapes import Key, Shape, family, key, later, shape
from engine.kinds.fields.choice import COLORS

OBJECT: Shape = shape(
    "object",
    "a kind of record: customers, orders, invoices",
    key("fields", "{n: <field>}", "what a record holds"),
    key("name", "L", "the label; languages may also stand beside the keys"),
    key("plural", "L", "the label of many"),
    key("icon", "P", "the name of an icon"),
    key("help", "T", "a sentence that explains it"),
    key("title", "T", "how a record is called", example="{number} {customer}"),
    key("key", "R[]", "the fields by which texts, imports and the API name a record"),
    key("like", "N:object[]", "takes over everything of these objects"),
    key("abstract", "B", "only to be taken over by `like`", default="false"),
    key("single", "B", "there is one record at most, as of settings; a second one is refused", default="false"),
    key(
        "unique",
        "<unique>[]",
        "no two records agree in these fields. In a range among them they may not overlap; "
        "`[[room, slot]]` is one rule over both, `[room, slot]` are two rules",
    ),
    key("checks", "<check>[]", "rules on the record as it would be saved"),
    key("states", "{n: <state>}", "the states; the first is where a record begins"),
    key("effective", "<effective>", "the states in which its posts count"),
    key("actions", "{n: <action>}", "what may be done with a record"),
    key("amend", "<amend>", "a change of what counts already, which waits for its flow"),
    key("lock", "<lock>", "while this holds nothing may be changed, by nobody", example="date <= closed_until"),
    key("posts", "<post>[]", "what a record contributes to registers"),
    key("figures", "{n: <figure>}", "what stands large on top of a record's page"),
    key("form", "<layout>[]", "the order of the fields on the page"),
    key("forms", "{n: <form>}", "forms for certain occasions"),
    key("views", "{n: <view>}", "ways to look at many records"),
    key(
        "discussion",
        "none|internal|public",
        "whether people who see a record may talk about it: nobody, all but those whose roles are `external`, all",
        default="none",
    ),
    key("delete", "bin|never|now", "what deleting means", default="bin"),
    key("keep", "<keep>", "how long records are kept, and what then happens at night"),
    key("was", "N", "its former name: the table is renamed, the data stay"),
    labelled=True,
)

STATE: Shape = shape(
    "state",
    "a state of the object's machine, or one derived from what the record holds",
    key("name", "L", "the label"),
    key("color", "|".join(COLORS), "the color of its badge"),
    key("final", "B", "nothing leads out of it", default="false"),
    key("edit", "R[]", "what may be changed in it: everything in the first state, nothing later"),
    key("within", "N[]", "makes it a derived state, inside these"),
    key("when", "E", "the condition of a derived state; it follows the record, its balances, and what links and ways "
        "back lead to, at once, the day and rows to which no path leads after midnight"),
    key("was", "N", "its former name: records that stand in it stay in it"),
    short="name",
    labelled=True,
)

CHECK: Shape = shape(
    "check",
    "a rule on the record as it would be saved",
    key("that", "E*", "must hold"),
    key("say", "T", "the message when it does not"),
    key("at", "R", "the field that shows it: of lines (`lines.qty`) in the rows at fault, `lines` names them"),
    key("when", "E", "asked only while this holds"),
    key("level", "error|warning", "warning: asks to go on", default="error"),
    key("else", "refuse|warn|approve", "approve: raises the check's name for the flow", default="refuse"),
    key("called", "N", "its name, for `raised(name)`"),
    key("override", "W", "these people may pass it, with a reason"),
    short="that",
)

ACTION: Shape = shape(
    "action",
    "a button, a move from state to state, or a step that other actions take",
    key("name", "L", "the label"),
    key("icon", "P", "the name of an icon"),
    key("from", "N[]", "the states in which it is offered; any without it"),
    key("to", "N|{n: E}", "the state that it leads to: `{approved: total < 100, pending: else}`: the first that holds"),
    key("by", "W", "who may take it: people, or flow, nobody, actions"),
    key("when", "E", "offered only while this holds"),
    key("checks", "<check>[]", "rules on the result of this action"),
    key("ask", "{n: <field>}|R[]", "what it asks for: own fields, or fields of the record", example="{reason: text}"),
    key("require", "R[]", "fields that must be filled"),
    key("confirm", "B|T", "asks before it is done"),
    key("set", "{R: V}", "field: value", example="{closed_on: =today()}"),
    key("do", "<step>[]", "steps, all in the same transaction"),
    key("start", "N:flow", "the flow that it starts"),
    key("end", "V", "the day from which its postings are taken back"),
    later("auto", "E", "taken by the engine when this holds"),
    later("each", "R", "an action on every line"),
    later("pull", "R", "takes all rows of the lines' pull"),
    key("bulk", "B", "offered for many records at once", default="false"),
    labelled=True,
)

FIGURE: Shape = shape(
    "figure",
    "a key figure of a record, shown to those who may see everything that it reads",
    key("value", "E*", "the figure: a single value", example="credit_limit - exposure"),
    key("name", "L", "the label; of a field alone the field's"),
    key("format", "P", "how it is shown: a field type, or a pattern as in texts; of a field alone as the field",
        example="0.0%"),
    key("mark", "{n: E}", "color: condition; the first that holds colors the figure; of a field alone the field's",
        example="{red: free < 0}"),
    key("when", "E", "shown only while this holds"),
    short="value",
    labelled=True,
)

POST_KEYS: tuple[Key, ...] = (
    key("keys", "{n: E}", "register key: expression; a key that is this record or line may be left out"),
    key("add", "{n: E}", "measure: expression"),
    key("each", "S", "one entry per line, or per number: `numbers(0, nights) as n`", example="lines where stocked"),
)

POST: Shape = shape(
    "post",
    "what a record contributes to a register while it is effective",
    key("to", "N:register*", "the register"),
    *POST_KEYS,
    key("while", "E", "counts only while this holds"),
    key("in", "N[]", "counts only in these states"),
    key("rows", "<post_row>[]", "several entries of one rule"),
    key("dated", "E", "the day from which it counts", default="date"),
    key("until", "E", "the day on which it ends"),
    key("since", "P", "only for what counts from this day on or later", example="2026-05-01"),
    key("before", "P", "only for what counted before this day", example="2026-05-01"),
)

LAYOUT: Shape = family(
    "layout",
    "a part of the page: a field, a row of fields, a section",
    shape(
        "section",
        "",
        key("section", "L*", "the heading"),
        key("fields", "<layout>[]", "what stands in it"),
        key("show", "E", "shown only while this holds"),
    ),
    shape("tabs", "", key("tabs", "<tab>[]", "parts of which one is seen at a time")),
    shape("aside", "", key("aside", "R[]", "fields beside the page, not in it")),
    shape(
        "related",
        "",
        key("related", "S", "records that belong to it, as a table on its page", example="orders"),
        key("columns", "R[]", "the columns; the list's own where nothing is said"),
    ),
    shape("text", "", key("text", "T", "a text between the fields")),
    shape(
        "suggest",
        "",
        later("suggest", "N:object", "an object whose records are offered"),
        key("where", "E", "which of them; bare names are theirs"),
    ),
    shape(
        "action",
        "",
        key("action", "N:action", "on the page of a record the button of this action stands here, not on top; where it "
            "is not possible now it says why", example="remind"),
    ),
    shape("fields", "", key("fields", "R[]", "one field, or several side by side")),
    short="fields",
)

TITLE = key("title", "T", "how a record is called here, where its own title is not meant", example="{name}")
UNTIL = key("until", "R", "the field of the last day, where the first one is a field of its own", example="ends")
VIEW: Shape = family(
    "view",
    "a way to look at many records",
    shape(
        "list",
        "",
        key("list", "R[]", "a table with these columns"),
        key("group", "R", "opened in groups with counts and subtotals: by a choice, link, state, yes or no, or the "
            "month of a day"),
        key("color", "R", "the choice, state, or yes or no that gives rows a colored edge"),
        key("card", "R[]", "those of the columns that a phone shows; all where nothing is said"),
        key("total", "R[]", "what is added up in groups and totals; `[]` is nothing, without the key all that adds up"),
    ),
    shape("detail", "", key("detail", "R[]", "one record, with these fields: a page for people without an account")),
    shape(
        "kanban",
        "",
        key("kanban", "R", "a column per value of this choice, person, link or state; a card that is moved takes the "
            "action that leads there, or gets the value"),
        key("card", "R[]", "what a card shows below its title; the first short fields where nothing is said"),
        key("color", "R", "the choice or state that colors the cards"),
        TITLE,
    ),
    shape(
        "calendar",
        "",
        key("calendar", "R", "the day, moment or range by which records stand in a calendar; a record that is moved to "
            "another day gets that day"),
        UNTIL,
        key("card", "R[]", "what a list of a day shows beside a record"),
        key("color", "R", "the choice or state that colors the records"),
        TITLE,
    ),
    shape(
        "timeline",
        "",
        key("timeline", "R", "the range, day or moment along which records stand as bars; a bar that is moved or made "
            "longer changes it"),
        UNTIL,
        key("group", "R", "the choice, person, link or state by which the bars are parted"),
        key("color", "R", "the choice or state that colors the bars"),
        TITLE,
    ),
    shape(
        "tree",
        "",
        key("tree", "R", "the link with `tree: true` to the record above; a record that is dragged below another one "
            "gets it"),
        key("card", "R[]", "what stands beside a record"),
        key("color", "R", "the choice or state that colors what stands beside a record"),
        TITLE,
    ),
    shape(
        "gallery",
        "",
        key("gallery", "R[]", "cards with a picture: the picture's field, then what stands below it"),
        key("card", "R[]", "more that stands below"),
        key("color", "R", "the choice or state that colors the cards"),
        TITLE,
    ),
    shape("map", "", later("map", "R", "the place of each record")),
    shape(
        "compare",
        "",
        key(
            "compare",
            "R[]",
            "records side by side, a row per field; `lines.price` has a row for each of the lines. It is opened from a "
            "list with what is ticked, and with `where` from a record's page, which is `this` in it",
        ),
        key("match", "R", "the lines' field by which their lines are put side by side; else by their places",
            example="lines.product"),
        TITLE,
    ),
    common=(
        key("name", "L", "the label"),
        key("where", "E:boolean", "only these records"),
        key("sort", "R[]", "`date` or `-date`"),
        later("title", "T", "how a record is called here"),
        later("group", "R", "grouped by this"),
        later("color", "R", "colored by this choice, state or yes-or-no field"),
        later("card", "R[]", "what a card shows"),
        key("by", "W", "for these people only"),
        key("default", "B", "the one that is shown first", default="the first one"),
        key("public", "<public_view>", "for people without an account, who know of the record what `find` names"),
        later("acts", "N:action[]", "actions that strangers may take"),
    ),
)

SHAPES: tuple[Shape, ...] = (
    OBJECT,
    STATE,
    CHECK,
    ACTION,
    FIGURE,
    POST,
    LAYOUT,
    VIEW,
    shape("post_row", "one entry of a post rule", *POST_KEYS),
    shape(
        "unique",
        "fields in which no two records agree",
        key("of", "R[]*", "the fields; line fields are unique within the record"),
        key("when", "E", "only while this holds"),
        key("each_when", "E", "only lines for which this holds"),
        key("say", "T", "the message"),
        key("level", "error|warning", "warning: asks to go on"),
        short="of",
    ),
    shape(
        "effective",
        "when posts count",
        key("states", "N[]", "in these states"),
        key("while", "E", "while this holds"),
        short="states",
    ),
    shape(
        "amend",
        "a change after approval: the record stays as it is and counts until its flow agrees, then what was asked for "
        "is changed and the difference is posted; gives the action `amend`",
        key("fields", "R[]*", "what may be changed; lines as a whole, or columns of them"),
        key("flow", "N:flow*", "the flow that it waits for; `amended(field)` in it tells what would change, "
            "`proposed` is the record as it would be"),
        key("name", "L", "the label of the action"),
        key("by", "W", "who may ask for it"),
        key("when", "E:boolean", "only then it may be asked for"),
        key("do", "<step>[]", "steps when it is approved"),
        labelled=True,
    ),
    shape(
        "lock",
        "when a record is locked",
        key("when", "E:boolean*", "the condition"),
        key("except", "R[]", "fields that stay open"),
        later("freeze", "B", "keeps formulas too"),
        short="when",
    ),
    shape(
        "keep",
        "how long records are kept",
        key("until", "E:moment*", "the day"),
        key("unless", "E:boolean", "but not while this holds"),
        key("then", "anonymise|archive|delete*", "what happens"),
    ),
    shape(
        "tab", "a tab", key("name", "L", "the label"), key("fields", "<layout>[]", "what stands in it"), labelled=True
    ),
    shape(
        "public_view",
        "what strangers may find",
        key("find", "R[]", "what they must know of a record: all of it, as texts; not needed with `by_link`"),
        key("limit", "P", "how often one address may ask", default="10 per minute"),
        key("by_link", "D", "seen by a link that was made for one record, and works so long", example="14 days"),
        key("once", "B", "such a link shows it one time", default="false"),
    ),
    shape(
        "form",
        "a form for an occasion: it asks for a part of what a new record is made of",
        key("fields", "<layout>[]", "what it asks"),
        key("name", "L", "the label"),
        key("by", "W", "who is offered it; without it whoever may create such records", example="role(sales)"),
        key("public", "B|<public_form>", "for everybody, with or without an account"),
        key("before", "<step>[]", "steps before it is saved, in the same transaction; `set` may name what they made"),
        key("set", "{R: V}", "what the new record is given besides what is typed"),
        key("acts", "N:action[]", "the actions that may follow at once; without it the first that leads on",
            example="[submit]"),
        key("thanks", "T", "what the last page says; the record may stand in it", example="Thank you: {number}"),
        labelled=True,
    ),
    shape(
        "public_form",
        "a form for strangers",
        key("captcha", "B", "asks a small question that programs do not answer", default="false"),
        key("limit", "P", "how often it may be sent from one address", default="20 per hour"),
        key("prefill", "R[]", "fields that the address may fill: `?event=12`"),
        key("by_link", "D", "filled only by a link that was made for one record, and works so long", example="14 days"),
        key("of", "R", "with `by_link`: the field that leads to that record; the engine fills it", example="quote"),
        key("once", "B", "such a link takes one answer", default="false"),
    ),
)
