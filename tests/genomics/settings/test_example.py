from genomics.settings import env, example


class TestRender:
    def test_is_what_the_file_says(self) -> None:
        assert example.FILE.read_text() == example.render()

    def test_lists_every_variable_once(self) -> None:
        lines = example.render().splitlines()
        for name in env.VARIABLES:
            assert len([line for line in lines if line.startswith(f"# {name}=")]) == 1

    def test_holds_no_value_of_this_machine(self) -> None:
        assert str(env.BASE_DIR) not in example.render()
