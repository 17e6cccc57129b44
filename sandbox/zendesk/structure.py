"""Edits of what holds articles: brands, categories, sections, segments, tags."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sandbox.zendesk.records import MAIN, Account, Brand, Category, ContentTag, Section, Segment


class Structure:
    """Every edit of the help center's frame, stamped by the clock as the vendor would."""

    def __init__(self, world: Account) -> None:
        self.world = world

    def add_brand(self, name: str, locales: Sequence[str] = ("en-us",)) -> None:
        self.world.brands[name] = Brand(name, list(locales), locales[0], self.world.new_id())

    def close_to_public(self, brand: str = MAIN, closed: bool = True, *, refuses: bool = False) -> None:
        """Make the help center sign-in only: visitors see nothing, or with `refuses` get 401."""
        self.world.brands[brand].access = ("refused" if refuses else "filtered") if closed else "open"

    def disable_help_center(self, brand: str = MAIN, *, disabled: bool = True) -> None:
        self.world.brands[brand].enabled = not disabled

    def put_segment(self, name: str, user_type: Literal["signed_in_users", "staff"], *, built_in: bool = False) -> int:
        segment = Segment(self.world.new_id(), name, user_type, built_in)
        self.world.segments[segment.id] = segment
        return segment.id

    def put_content_tag(self, name: str) -> str:
        tag = ContentTag(f"{self.world.new_id():026d}", name, self.world.now())
        self.world.content_tags[tag.id] = tag
        return tag.id

    def put_category(
        self,
        name: str,
        *,
        id: int | None = None,  # noqa: A002
        locale: str = "en-us",
        translations: Mapping[str, str] | None = None,
        brand: str = MAIN,
    ) -> int:
        """Create a category, or rename the one with that id."""
        held = self.world.brands[brand].categories
        now, number = self.world.now(), id or self.world.new_id()
        old = held.get(number)
        names = {locale: name, **(translations or {})}
        if old:
            held[number] = replace(old, names={**old.names, **names}, updated_at=now)
        else:
            held[number] = Category(number, locale, names, len(held), now, now)
        return number

    def put_section(
        self,
        name: str,
        *,
        category: int | None = None,
        parent: int | None = None,
        id: int | None = None,  # noqa: A002
        locale: str = "en-us",
        translations: Mapping[str, str] | None = None,
        brand: str = MAIN,
    ) -> int:
        """Create a section in a category (one is made if there is none), or rename or move the one with that id."""
        held = self.world.brands[brand].sections
        now, number = self.world.now(), id or self.world.new_id()
        old = held.get(number)
        names = {locale: name, **(translations or {})}
        if old:
            held[number] = replace(
                old,
                names={**old.names, **names},
                category_id=category or old.category_id,
                parent_section_id=parent or old.parent_section_id,
                updated_at=now,
            )
        else:
            home = category or self._some_category(brand)
            held[number] = Section(number, home, parent, locale, names, len(held), now, now)
        return number

    def delete_section(self, section: int) -> None:
        """Delete the section and those inside it; their articles are archived, and no article says so."""
        brand = next(brand for brand in self.world.brands.values() if section in brand.sections)
        del brand.sections[section]
        for article in list(brand.articles.values()):
            if article.section_id == section:
                brand.put(replace(article, archived=True))
        for inner in [s.id for s in brand.sections.values() if s.parent_section_id == section]:
            self.delete_section(inner)

    def delete_category(self, category: int) -> None:
        """Delete the category with its sections and, silently, their articles."""
        brand = next(brand for brand in self.world.brands.values() if category in brand.categories)
        del brand.categories[category]
        for section in [s.id for s in brand.sections.values() if s.category_id == category]:
            if section in brand.sections:
                self.delete_section(section)

    def some_section(self, brand: str) -> int:
        """Return the brand's first section, made now if there is none."""
        sections = self.world.brands[brand].sections
        return next(iter(sections), 0) or self.put_section("General", brand=brand)

    def _some_category(self, brand: str) -> int:
        categories = self.world.brands[brand].categories
        return next(iter(categories), 0) or self.put_category("Help", brand=brand)
