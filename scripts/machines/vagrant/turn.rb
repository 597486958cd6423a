# One guest's turn in `vagrant up`. Vagrant stops at the first guest that fails; here it costs the other nothing, and the command fails at
# its end.
module TareVms
  class Turn
    def initialize(app, _env)
      @app = app
    end

    def call(env)
      # What the action starts, such as adding a box, goes by the action's name too.
      return @app.call(env) if env[:tare_turn]

      env[:tare_turn] = true
      machine = env[:machine]
      begin
        TareVms.prepare(machine, machine.name.to_s)
        @app.call(env)
      rescue StandardError => error
        raise if error.is_a?(Vagrant::Errors::VagrantInterrupt)
        raise Vagrant::Errors::VagrantInterrupt if env[:interrupted]

        TareVms.fail_later(machine, error.is_a?(Vagrant::Errors::VagrantError) ? error.message : "#{error.class}: #{error.message}")
      end
    end
  end

  class TurnPlugin < Vagrant.plugin("2")
    name "tare: one guest's turn"
    %i[up provision reload].each do |action|
      action_hook(:"tare_turn_#{action}", :"machine_action_#{action}") { |hook| hook.prepend(Turn) }
    end
  end
end
