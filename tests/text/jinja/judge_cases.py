"""Chat templates for the judge, drawn from a grammar, each with variables to run it on.

A letter in braces stands for a part that is drawn: t a text, i an integer, s a small one, f a float, b a condition, l a list,
w a list of texts, n one of numbers, d a dictionary, m a list of dictionaries, a anything, p a path of an item, v a test.
"""
import random
import re

TEXTS = ["", "a", "b", "Ab c", "  x y\n", "\u00e9", "\u00df", "\u0130I\u0131", "\u01c5z", "a,b,c", "<b>&amp; 'q'</b>", "1", "-2.5", "0x1f", "one two\nthree\n\nfour", "it's", 'say "hi"',
         "\u65e5\u672c", "\U0001f642!", "tab\tz", "%s and %d", "{} {0!r} {name}", "\u00a0", "user", "assistant", "see http://example.com/a?b=c.", "a-b_c", "None", "\\n", "\u03a3\u03c2", "x" * 30,
         "12", "1e3", " 7 ", "\u0661\u0662", "\r\n", "ab" * 9, "%", "{", "a.b", "get", "items"]
ROLES = ["system", "user", "assistant", "tool"]
NAMES = {"t": ["name", "title", "date"], "i": ["n", "zero"], "f": ["x"], "b": ["yes", "no"], "w": ["words"], "n": ["numbers"], "d": ["person"], "m": ["messages", "tools"],
         "a": ["missing", "nothing", "n", "words", "person", "messages", "title", "yes", "x"]}
PATHS = ["'role'", "'content'", "'function.name'", "'missing'", "0", "'n'", "'content.0'", "1"]
TESTS = ["defined", "undefined", "none", "true", "false", "boolean", "integer", "float", "number", "string", "mapping", "sequence", "iterable", "callable", "escaped", "lower", "upper", "odd",
         "even", "divisibleby({s})", "eq({a})", "ne({a})", "lt({i})", "ge({i})", "in({l})", "sameas(none)", "sameas true", "equalto({a})", "==({a})", "in {w}", "divisibleby 3", "filter", "test"]
TEST_NAMES = ["'defined'", "'none'", "'string'", "'number'", "'mapping'", "'odd'", "'eq', {a}", "'in', {w}", "'lt', {i}", "'lower'", "'true'", "'divisibleby', {s}"]
KINDS = {
    "t": ["{t} ~ {a}", "{t} + {t}", "{t} * {s}", "{t}|trim", "{t}|trim({t})", "{t}|upper", "{t}|lower", "{t}|title", "{t}|capitalize", "{t}|replace({t}, {t})", "{t}|replace({t}, {t}, {s})",
          "{t}|indent", "{t}|indent({s}, true)", "{t}|indent({t}, blank={b})", "{t}|truncate({s})", "{t}|truncate({s}, true, {t}, 0)", "{t}|truncate(12, leeway={s})", "{t}|center({s})",
          "{t}|wordwrap({s})", "{t}|wordwrap({s}, {b}, '|')", "{t}|wordwrap(7, break_on_hyphens=false)", "{a}|urlencode", "{t}|e", "{t}|forceescape", "{t}|striptags", "{t}|safe", "{a}|string",
          "{t}|reverse", "{t}|urlize", "{t}|urlize({s}, true)", "{a}|pprint", "{a}|tojson", "{a}|tojson(indent={s})", "{a}|tojson(ensure_ascii=true)", "{d}|tojson(sort_keys=true)",
          "{a}|tojson(separators=(',', ':'))", "{l}|join({t})", "{l}|join", "{m}|join(', ', attribute={p})", "{d}|xmlattr", "{n}|sum|string", "{i}|filesizeformat", "{i}|filesizeformat(true)",
          "{t}[{i}]", "{t}[{i}:{i}]", "{t}[::-1]", "{t}[{i}:]", "{t}[:{i}:{s}]", "{t}.strip()", "{t}.strip({t})", "{t}.lstrip('a ')", "{t}.rstrip('\\n')", "{t}.upper()", "{t}.lower()", "{t}.title()",
          "{t}.capitalize()", "{t}.swapcase()", "{t}.casefold()", "{t}.replace({t}, {t})", "{t}.replace({t}, {t}, {i})", "{t}.center({s})", "{t}.ljust({s}, '*')", "{t}.rjust({s})", "{t}.zfill({s})",
          "{t}.expandtabs({s})", "{t}.join({w})", "{t}.removeprefix({t})", "{t}.removesuffix({t})", "{t}.format({a}, {a}, name={a})", "{t} % {a}", "{t} % ({a}, {a})", "'%s' % ({a},)", "'%r' % ({a},)",
          "'%05d|%-4s|%+.2f' % ({i}, {t}, {f})", "'%x %o %e %g' % ({i}, {i}, {f}, {f})", "'{:>6}|{:^5}|{!s:<4}'.format({i}, {t}, {b})", "'{:,}|{:+.2f}|{:e}|{:%}'.format({i}, {f}, {f}, {f})",
          "'{:04x}|{:#b}|{:g}'.format({i}, {i}, {f})", "'%s: %s'|format({a}, {a})", "{t}|default({t}, true)", "missing|default({t})", "{t} if {b} else {t}", "{w}[{i}]", "{m}[{s}].content",
          "{m}[0]['role']", "({t}, {t})[{i}]", "'a' 'b'", "{l}|first|string", "{w}|last", "{w}|random|string if false else {t}", "strftime_now('%Y-%m-%d %H')", "{t}.partition({t})[0]", "{t}|string|upper",
          "{t}.translate({97: 'X', 98: none})", "{t}|escape|string", "({t}|safe) + {t}", "({t}|safe) ~ {t}", "({t}|safe) % {t}", "{a}.__class__", "{t}|attr('upper')()", "{d}.get('role', {t})"],
    "i": ["{i} + {i}", "{i} - {i}", "{i} * {s}", "{i} // {i}", "{i} % {i}", "-{i}", "+{i}", "{s} ** 2", "{a}|length", "{l}|count", "{t}|length", "{a}|int", "{t}|int(7)", "{t}|int(0, 16)", "{f}|int", "{i}|abs",
          "{n}|sum", "{n}|sum(start={i})", "{m}|sum(attribute='n')", "{n}|max", "{n}|min", "{n}|first", "{t}|wordcount", "{t}.count({t})", "{t}.find({t})", "{t}.rfind({t})", "{t}.index({t})", "{l}.count({a})",
          "{l}.index({a})", "{n}[{i}]", "{b} + {b}", "{d}|length", "range({i})|length", "{i} if {b} else {i}", "{w}|map('length')|sum", "{i}|round|int", "loop.index", "{t}|last|int"],
    "f": ["{f} + {i}", "{f} * {f}", "{i} / {i}", "{f} - {f}", "{f} // {f}", "{f} % {f}", "-{f}", "{a}|float", "{t}|float(1.5)", "{f}|round", "{f}|round({s})", "{f}|round(1, 'floor')", "{f}|round(0, 'ceil')", "{i}|round(-1)",
          "{f}|abs", "{i} ** -1", "2 ** 0.5", "{n}|sum / 2"],
    "b": ["{b} and {b}", "{b} or {b}", "not {b}", "{a} == {a}", "{a} != {a}", "{i} < {i}", "{i} <= {f}", "{f} > {i}", "{t} < {t}", "{i} < {i} < {i}", "{t} in {t}", "{a} in {l}", "{t} in {d}", "{a} not in {l}",
          "{a} is {v}", "{a} is not {v}", "{t}.startswith({t})", "{t}.endswith(({t}, {t}))", "{t}.isdigit()", "{t}.isalpha()", "{t}.isupper()", "{t}.islower()", "{t}.isspace()", "{t}.isalnum()", "{t}.istitle()",
          "{t}.isidentifier()", "{t}.isprintable()", "{t}.isnumeric()", "{l} == {l}", "{l} < {l}", "{d} == {d}", "{a} and {a}", "{a} or {a}", "loop.first", "loop.last", "{b} == {i}", "{a} is in {l}", "{n} is {v}"],
    "l": ["[{a}, {a}]", "[{a}]", "({a}, {a})", "{l} + {l}", "{l} * {s}", "{l}[{i}:]", "{l}[:{i}]", "{l}[::-1]", "{l}[{i}:{i}:{s}]", "{a}|list", "{l}|reverse|list", "{l}|sort", "{l}|unique|list", "{d}.items()|list",
          "{d}|items|list", "{d}|dictsort", "{d}|dictsort(false, 'value')", "{d}|dictsort(reverse={b})", "{l}|batch({s})|list", "{l}|batch({s}, {a})|list", "{l}|slice({s})|list", "{l}|slice({s}, {a})|list",
          "{l}|select|list", "{l}|reject|list", "{l}|select({V})|list", "{l}|reject({V})|list", "{m}|groupby({p})", "{m}|groupby('role', default={t})", "{l} or {l}", "{l} if {b}", "{l}|default({l})", "{d}|list",
          "{d}.values()|list", "{a}|map('string')|list", "{n}|map('abs')|list", "{m}|map(attribute={p})|list", "{m}|map(attribute={p}, default={a})|list", "{m}|selectattr({p})|list",
          "{m}|selectattr({p}, {V})|list", "{m}|rejectattr({p}, {V})|list", "{l}|first", "zip", "{m}|sort(attribute={p})", "{m}|unique(attribute='role')|list", "{m}|min(attribute='n')", "{m}|max(attribute={p})"],
    "w": ["[{t}, {t}, {t}]", "[{t}]", "{t}.split()", "{t}.split({t})", "{t}.split(',', {i})", "{t}.rsplit(' ', 1)", "{t}.splitlines()", "{t}.splitlines(true)", "{w}|sort", "{w}|sort(true)", "{w}|sort(case_sensitive=true)",
          "{w}|unique|list", "{w}|unique(true)|list", "{w}|map('upper')|list", "{w}|map('replace', {t}, {t})|list", "{w}|map('trim')|list", "{t}|list", "{w} + {w}", "{d}.keys()|list", "{w}|select('in', {l})|list",
          "{m}|map(attribute='role')|list", "{w}|reverse|list", "{t}.partition({t})", "{t}.rpartition({t})", "{w}|batch(2)|first", "{w}|map('default', {t})|list", "{w}|map('truncate', 3, true)|list"],
    "n": ["[{i}, {i}, {i}]", "[{f}, {i}]", "range({i})|list", "range({i}, {i})|list", "range({i}, {i}, {s})|list", "{n}|sort", "{n}|sort(reverse=true)", "{n}|unique|list", "{w}|map('int')|list", "{w}|map('length')|list",
          "{n}|select('odd')|list", "{n}|reject('gt', {i})|list", "{n} + {n}", "{n}|map('round', 1)|list", "{n}[{i}:]", "range({i})", "{n}|reverse|list", "[{b}, {i}]"],
    "d": ["{'role': {t}, 'n': {i}}", "{{t}: {a}, {t}: {a}}", "{{i}: {a}}", "dict(a={a}, b={a})", "dict([('k', {a})])", "{}", "{m}[{s}]", "{m}|first", "{m}|last", "{d} or {d}", "dict({d}, role={t})", "{d}.copy()",
          "{m}|groupby('role')|first", "{d}|default({d})", "{'content': {l}}"],
    "m": ["[{d}, {d}]", "{m}[{i}:]", "{m}|reverse|list", "{m}|selectattr('role', 'eq', {t})|list", "{m} + {m}", "[{'role': {t}, 'n': {i}}, {'role': {t}, 'n': {i}}]", "{m}|sort(attribute='role')", "{m}|rejectattr('content')|list"],
    "a": ["{t}", "{i}", "{f}", "{b}", "{l}", "{w}", "{n}", "{d}", "{m}", "{d}.role", "{d}['n']", "{d}.{k}", "{d}.get({t})", "{l}[{i}]", "{a} if {b} else {a}", "{a} if {b}", "{a} or {a}", "{a} and {a}", "{a}|default({a})",
          "{a}|d({a}, true)", "{l}|first", "{l}|last", "{a}|safe", "{m}[{i}].content", "{a}.{k}", "{a}[{a}]", "{a} + {a}", "{a} * {s}", "{a}|{F}", "{l}|max", "{l}|min", "{w}|max(true)", "namespace(a={a}).a", "({a})", "{a}|attr('n')"]}
FILTERS = ["abs", "capitalize", "center", "count", "e", "escape", "first", "float", "forceescape", "int", "items|list", "join", "last", "length", "list", "lower", "pprint", "reverse", "round", "safe", "sort", "string", "striptags",
           "sum", "title", "tojson", "trim", "unique|list", "upper", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr", "dictsort", "batch(2)|list", "indent", "max", "min", "filesizeformat", "replace('a', 'b')"]
KEYS = ["role", "content", "n", "missing", "upper()", "items()|list", "keys()|list", "function", "name", "count(1)", "__class__"]
LOOP_PARTS = ["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem", "cycle('odd', 'even')", "changed({a})"]
# What Octavo does in its own way: places in memory, integers of more than 128 bits, complex numbers, namespaces as a whole.
NOT_JUDGED = re.compile(r"at( |%20)0x[0-9a-f]+|<generator|\d{38}|\dj\b|<built-in|<bound method|<method|<class '(?!jinja)|<slot|<async|<Namespace", re.IGNORECASE)
# What nobody has is refused in a branch that never runs, too.
UNKNOWN = re.compile(r"The (filter|test|function) '.*' is not known")


def literal(text: str) -> str:
    quote = '"' if "'" in text and '"' not in text else "'"
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


class Draw:
    """Cases of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names: list[str] = []
        self.loops = 0

    def of(self, items):
        return self.random.choice(items)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def plain(self, kind: str) -> str:
        """A constant, or the name of a variable."""
        if kind in NAMES and self.chance(0.45):
            return self.of(NAMES[kind] + (self.names if kind == "a" else []))
        if kind == "t":
            return literal(self.of(TEXTS))
        if kind in "is":
            return str(self.of([0, 1, 2, 3, 4, 6, 10] + ([-1, -2, -7, 100, 1234567] if kind == "i" else [])))
        if kind == "f":
            return self.of(["0.5", "1.0", "2.25", "-1.5", "1e16", "3.14159", "1e-7", "0.1", "100.0"])
        if kind == "b":
            return self.of(["true", "false"])
        if kind in "ln":
            return self.of(["[]", "[3, 1, 2]", "[1]", "[2, 2.5, -1]"] + (["['b', 'A', 'a']", "(1, 'x')", "[none, 0]"] if kind == "l" else []))
        if kind == "w":
            return self.of(["['b', 'A', 'a']", "['x']", "[]"])
        if kind == "d":
            return self.of(["{'role': 'user', 'content': 'hi'}", "{}", "{'b': 1, 'a': 2}", "{1: 'x', 'n': 3}"])
        if kind == "m":
            return self.of(["[{'role': 'b', 'n': 2}, {'role': 'A', 'n': 1}]", "[]", "[{'role': 'user', 'content': none}]"])
        return self.of(["none", "1", "'a'", "true", "[]", "{}"])

    def expression(self, kind: str, depth: int = 0) -> str:
        if depth >= 3 or self.chance(0.3 + 0.1 * depth):
            return self.plain(kind)
        if self.chance(0.03):
            kind = self.of(list(KINDS))
        form = self.of(KINDS["n" if kind == "s" else kind] if kind != "s" else ["1", "2", "3", "0", "5"])
        if form == "zip" or form.startswith("loop.") and not self.loops:
            return self.plain(kind)
        return self.filled(form, depth + 1)

    def filled(self, form: str, depth: int) -> str:
        def part(match: re.Match) -> str:
            letter = match[1]
            if letter == "p":
                return self.of(PATHS)
            if letter == "k":
                return self.of(KEYS)
            if letter == "F":
                return self.of(FILTERS)
            if letter == "v":
                return self.filled(self.of(TESTS), depth)
            if letter == "V":
                return self.filled(self.of(TEST_NAMES), depth)
            made = self.expression(letter, depth)
            return made if re.fullmatch(r"[\w.]+|'[^']*'|\[[^\[\]]*\]", made) and not made.startswith("-") else f"({made})"
        return re.sub(r"\{([tisfblwndmapkFvV])\}", part, form)

    def tag(self, inner: str) -> str:
        left, right = self.of(["", "", "", "-", "+"]), self.of(["", "", "", "-", "+"])
        return f"{{%{left} {inner} {right}%}}"

    def output(self) -> str:
        left, right = self.of(["", "", "", "-"]), self.of(["", "", "", "-"])
        return f"{{{{{left} {self.expression(self.of('tttiiffbblwndmaaa'))} {right}}}}}"

    def text(self) -> str:
        return "".join(self.of(["a", " ", "\n", "  ", "\n\n", "<|im_start|>", "{", "}", "%", "#", "\t", "\u00e9", ". ", "'"]) for _ in range(self.random.randrange(4)))

    def block(self, depth: int) -> str:
        return "".join(self.statement(depth + 1) if self.chance(0.4) else self.of([self.text, self.output])() for _ in range(self.random.randint(1, 3)))

    def in_scope(self, names: list[str], depth: int) -> str:
        self.names += names
        made = self.block(depth)
        del self.names[-len(names):]
        return made

    def condition(self, depth: int) -> str:
        made = self.tag(f"if {self.expression('b', 1)}") + self.block(depth)
        if self.chance(0.3):
            made += self.tag(f"elif {self.expression('a', 1)}") + self.block(depth)
        if self.chance(0.4):
            made += self.tag("else") + self.block(depth)
        return made + self.tag("endif")

    def loop(self, depth: int) -> str:
        pairs = self.chance(0.3)
        names = ["key", "value"] if pairs else [self.of(["item", "message", "n"])]
        over = self.filled(self.of(["{d}.items()", "{d}|dictsort", "{m}|groupby('role')", "{d}|items"]) if pairs else self.of(["{l}", "{m}", "{w}", "{n}", "{a}", "{t}", "range({s})"]), 1)
        only = f" if {self.of([*names, 'not ' + names[0], names[-1] + ' is ' + self.filled(self.of(TESTS), 2)])}" if self.chance(0.2) else ""
        self.loops += 1
        inner = self.in_scope(names, depth)
        if self.chance(0.4):
            inner += "{{ loop." + self.filled(self.of(LOOP_PARTS), 2) + " }}"
        if self.chance(0.15):
            inner += self.tag(f"if {self.of(['loop.index > 1', 'loop.last', self.expression('b', 2)])}") + self.tag(self.of(["break", "continue"])) + self.tag("endif") + self.text()
        self.loops -= 1
        otherwise = self.tag("else") + self.block(depth) if self.chance(0.2) else ""
        return self.tag(f"for {', '.join(names)} in {over}{only}") + inner + otherwise + self.tag("endfor")

    def setting(self, depth: int) -> str:
        roll = self.random.random()
        if roll < 0.5:
            return self.tag(f"set {self.of(['y', 'z', 'n', 'words'])} = {self.expression('a', 1)}") + "{{ y }}"
        if roll < 0.65:
            return self.tag(f"set y, z = {self.filled(self.of(['{a}, {a}', '({a}, {a})', '{l}']), 1)}") + "{{ z }}{{ y }}"
        if roll < 0.8:
            return self.tag("set y" + self.of(["", " | upper", " | trim", " | length"])) + self.block(depth) + self.tag("endset") + "{{ y }}"
        return self.filled(self.of(["{% set ns = namespace(n=0, t='') %}{% for i in {l} %}{% set ns.n = ns.n + 1 %}{% set ns.t = ns.t ~ i %}{% endfor %}{{ ns.n }}{{ ns.t }}",
                                    "{% set ns = namespace(l=[]) %}{% for i in {l} %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.l }}",
                                    "{% set ns = namespace() %}{% set ns.a = {a} %}{{ ns.a }}{{ ns.b is defined }}"]), 1)

    def macro(self, depth: int) -> str:
        inner = self.in_scope(["first", "second"], depth)
        extra = self.of(["", "", "{{ varargs }}", "{{ kwargs }}", "{{ caller() }}", "{{ caller is defined }}"])
        call = self.filled(self.of(["m({a})", "m({a}, {a})", "m(first={a})", "m()", "m({a}, second={a})", "m({a}, {a}, {a})", "m(other={a})", "m(*{l})", "m(**{d})"]), 1)
        head = self.tag(f"macro m(first, second={self.expression('a', 2)})") + inner + extra + self.tag("endmacro")
        if self.chance(0.3):
            return head + self.tag(f"call{self.of(['', '', '(q)'])} {call}") + self.block(depth) + self.tag("endcall")
        return head + self.of(["{{ %s }}", "{{ %s|upper }}", "{{ %s ~ 'x' }}", "{{ %s|e }}"]) % call

    def statement(self, depth: int = 0) -> str:
        if depth > 3:
            return self.output()
        roll = self.random.random()
        if roll < 0.25:
            return self.condition(depth)
        if roll < 0.5:
            return self.loop(depth)
        if roll < 0.7:
            return self.setting(depth)
        if roll < 0.8:
            return self.macro(depth)
        if roll < 0.85:
            name = self.of(["upper", "trim", "e", "replace('a', 'b')", "indent(2)", "length", "title", "wordwrap(5)", "trim|upper", "string", "striptags"])
            return self.tag(f"filter {name}") + self.block(depth) + self.tag("endfilter")
        if roll < 0.9:
            return self.tag(f"with y = {self.expression('a', 1)}, z = {self.of(['y', '1', 'n'])}") + self.block(depth) + "{{ y }}" + self.tag("endwith")
        if roll < 0.93:
            return self.tag("raw") + self.of(["{{ a }}", "{% b %}", "x"]) + self.tag("endraw")
        if roll < 0.96:
            return self.of(["{# c #}", "{#- c -#}", "{# c #}\n", "  {#+ c #}"])
        if roll < 0.98:
            return self.tag("generation") + self.block(depth) + self.tag("endgeneration")
        return self.tag("block part") + self.block(depth) + self.tag("endblock") if depth == 0 else self.output()

    def broken(self, source: str) -> str:
        """A template with a fault: something is missing, or there twice."""
        at = self.random.randrange(len(source) + 1)
        return source[:at] + self.of(["", "{%", "}}", "|", "(", "'", "{{", "%}", " if ", "\\", "{#", ",", "."]) + source[at + self.random.randrange(3):]

    def context(self) -> dict:
        messages = [{"role": self.of(ROLES), "content": self.of([*TEXTS, None])} | ({"n": self.random.randrange(-2, 9)} if self.chance(0.5) else {}) for _ in range(self.random.randrange(4))]
        tools = [{"type": "function", "function": {"name": self.of(["get_time", "add"]), "parameters": {"type": "object", "properties": {}}}} for _ in range(self.random.randrange(3))]
        return {"name": self.of(TEXTS), "title": self.of(TEXTS), "date": "2024-07-26", "n": self.random.randrange(-3, 12), "zero": 0, "x": self.of([0.5, -1.25, 2.0, 1e22, 1e-5]), "yes": True, "no": False, "nothing": None,
                "words": [self.of(TEXTS) for _ in range(self.random.randrange(5))], "numbers": [self.of([1, 2, 3.5, -4, 0, 10]) for _ in range(self.random.randrange(5))],
                "person": {"name": self.of(TEXTS), "role": self.of(ROLES), "n": 3, "content": [self.of(TEXTS), 1]}, "messages": messages, "tools": tools}

    def case(self) -> dict:
        source = self.block(0) if self.chance(0.5) else self.of([self.output, self.statement])()
        if self.chance(0.04):
            source = self.broken(source)
        return {"template": source, "context": self.context()}
