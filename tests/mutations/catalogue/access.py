"""Defects in who is let in, and to what."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

RULES = "tests/unit/aggregator/access/test_rules.py"
PASSES = "tests/unit/shared/test_passes.py"
SIGN_IN = "tests/unit/aggregator/access/test_sign_in.py"
GATE = "tests/integration/aggregator/test_access.py"
LINKS = "tests/integration/aggregator/test_links.py"
ACCOUNTS = "tests/integration/aggregator/test_sign_in.py"
RULES_FILE = "services/aggregator/web/access/rules.py"
PASSES_FILE = "shared/passes.py"
LINKS_FILE = "services/aggregator/web/access/links.py"
SIGN_IN_FILE = "services/aggregator/web/access/sign_in.py"

MUTATIONS = (
    Mutation(
        "a pass for nothing opens what is about no region",
        RULES_FILE,
        (("return bool(regions) and all(", "return all("),),
        (f"{RULES}::test_what_a_pass_covers",),
    ),
    Mutation(
        "one of the regions asked for is enough",
        RULES_FILE,
        (("bool(regions) and all(any(", "bool(regions) and any(any("),),
        (f"{RULES}::test_what_a_pass_covers",),
    ),
    Mutation(
        "regions in the query are not looked at",
        RULES_FILE,
        (('parse_qs(query).get("region", ())', 'parse_qs(query).get("regions", ())'),),
        (f"{RULES}::test_which_regions_a_request_is_about",),
    ),
    Mutation(
        "a backslash leads to another server",
        RULES_FILE,
        ((' and "\\\\" not in text else', " else"),),
        (f"{RULES}::test_one_goes_nowhere_else",),
    ),
    Mutation(
        "a link is good at the moment of its end",
        PASSES_FILE,
        (("if now >= found.expires:", "if now > found.expires:"),),
        (f"{PASSES}::test_it_expires",),
    ),
    Mutation(
        "what a token is for is not signed",
        PASSES_FILE,
        (('return f"laju/pages/{purpose}/"', 'return "laju/pages/"'),),
        (f"{PASSES}::test_one_of_a_link_is_no_session",),
    ),
    Mutation(
        "the key that is on its way out goes on signing",
        PASSES_FILE,
        (("secret = self.secrets[0]", "secret = self.secrets[-1]"),),
        (f"{PASSES}::test_two_keys_are_good_during_a_change_and_the_new_one_signs",),
    ),
    Mutation(
        "a new key ends all links at once",
        PASSES_FILE,
        (("for secret in self.secrets if _id(secret)", "for secret in self.secrets[:1] if _id(secret)"),),
        (f"{PASSES}::test_two_keys_are_good_during_a_change_and_the_new_one_signs",),
    ),
    Mutation(
        "what a thing was signed for does not matter",
        "shared/signing.py",
        (("hmac.new(secret, label.encode() + content,", "hmac.new(secret, content,"),),
        ("tests/unit/shared/test_signing.py::test_another_secret_or_label_reads_nothing",),
    ),
    Mutation(
        "what was signed is signed in another way from now on",
        "shared/signing.py",
        (("_SIGNATURE_BYTES = 16", "_SIGNATURE_BYTES = 20"),),
        (f"{PASSES}::test_what_was_given_out_opens_still",),
    ),
    Mutation(
        "a link leads to another server",
        LINKS_FILE,
        (
            (
                "answer = moved(own_path(following) if following else own_pages(found.regions)[0])",
                "answer = moved(following if following else own_pages(found.regions)[0])",
            ),
        ),
        (f"{LINKS}::test_a_link_leads_to_no_other_server",),
    ),
    Mutation(
        "the link of a mail takes away what a wider one opens",
        LINKS_FILE,
        ((" or not covered(present.regions, found.regions)\n", "\n"),),
        (f"{LINKS}::test_a_pass_that_opens_more_or_longer_is_kept",),
    ),
    Mutation(
        "the link of an old mail keeps out who has a good pass",
        LINKS_FILE,
        (("return moved(own_path(following)) if present and following else refused", "return refused"),),
        (f"{LINKS}::test_who_has_a_good_pass_is_led_on_by_the_link_of_an_old_mail",),
    ),
    Mutation(
        "a mail opens everything",
        "services/notifier/pages.py",
        (("content = Pass(regions=(reader,)", "content = Pass(regions=(NATION,)"),),
        ("tests/unit/notifier/test_render.py::test_where_a_link_is_needed_it_opens_what_its_reader_answers_for",),
    ),
    Mutation(
        "the notifier makes a key that the aggregator does not know",
        "services/notifier/app.py",
        (("from shared.pages_key import known_keys\n", "from shared.pages_key import keys as known_keys\n"),),
        ("tests/integration/notifier/test_history.py::test_without_the_key_of_the_pages_the_notifier_does_not_start",),
    ),
    Mutation(
        "a sign-in can be finished whenever one likes",
        SIGN_IN_FILE,
        (("        if now >= found.expires:\n", "        if found.expires is None:\n"),),
        (f"{SIGN_IN}::test_it_is_what_it_was_until_it_ends",),
    ),
    Mutation(
        "a sign-in belongs to no browser",
        SIGN_IN_FILE,
        (('return f"sign-in/{self.browser}"', 'return "sign-in"'),),
        (f"{SIGN_IN}::test_it_belongs_to_the_browser_in_which_it_was_begun",),
    ),
    Mutation(
        "the nonce of a browser is always the same",
        SIGN_IN_FILE,
        (('self._of(f"nonce/{state}")', 'self._of("nonce")'),),
        (f"{SIGN_IN}::test_nobody_who_sees_one_sign_in_knows_anything_of_another",),
    ),
    Mutation(
        "the verifier can be read in the address",
        SIGN_IN_FILE,
        (('self._of(f"verifier/{state}")', 'self._of(f"nonce/{state}")'),),
        (f"{SIGN_IN}::test_nobody_who_sees_one_sign_in_knows_anything_of_another",),
    ),
    Mutation(
        "whoever the token was meant for is let in",
        "services/aggregator/web/access/provider.py",
        (('                "aud": {"essential": True, "value": self._client.id},\n', ""),),
        (f"{ACCOUNTS}::test_an_id_token_that_is_not_for_us_now_proves_nothing",),
    ),
    Mutation(
        "a cookie makes up for a token that opens nothing",
        "services/aggregator/web/access/gate.py",
        (
            (
                '            return Visitor(self._read("link", token.strip()).regions)\n',
                "            try:\n"
                '                return Visitor(self._read("link", token.strip()).regions)\n'
                "            except TokenError:\n"
                "                pass\n",
            ),
        ),
        (f"{GATE}::test_a_token_that_opens_nothing_is_not_made_up_for_by_a_cookie",),
    ),
    Mutation(
        "a cache in between keeps what is for one visitor",
        "services/aggregator/web/access/gate.py",
        (("await self._app(scope, receive, _private(send))", "await self._app(scope, receive, send)"),),
        (f"{GATE}::test_what_is_for_one_visitor_is_kept_by_no_cache_in_between",),
    ),
)
